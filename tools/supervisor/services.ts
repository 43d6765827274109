/** A service of the system, as the supervisor needs to know it. Each has a database of its own. */
export interface Service {
  /** Its folder under `apps/`. */
  readonly name: string;
  readonly port: number;
  /** Whether it sends mail, and so has to know where. */
  readonly sendsMail: boolean;
}

/** In the order of the table. */
export const SERVICES: readonly Service[] = [
  { name: 'signup', port: 3000, sendsMail: false },
  { name: 'notifier', port: 3001, sendsMail: true },
  { name: 'metadata-writer', port: 3002, sendsMail: false },
];
