/** A process or server that the supervisor keeps running: the broker, the mail catcher, a service. */
export interface Part {
  readonly name: string;
  /**
   * Starts the part once, and resolves when it is ready.
   *
   * @throws Error with the reason if the part did not become ready; no process of the part is left running
   */
  start(options: StartOptions): Promise<Run>;
}

export interface StartOptions {
  /** Receives every line of the part's output. */
  onLine(this: void, line: string): void;
  /** Aborts when the system stops before the part is ready. */
  readonly signal: AbortSignal;
}

export interface Run {
  /** Address for users, without credentials. */
  readonly url: string;
  /** Address for other parts. Default: `url`. */
  readonly address?: string;
  /** A remark for the table, such as a port that was taken. */
  readonly note?: string;
  /** Process id; undefined if this system does not run the server itself. */
  readonly pid?: number;
  /** Resolves to a description such as "exited with code 1" when the part ends. Never rejects. */
  readonly ended: Promise<string>;
  /** Asks the part to end, and kills the part after `graceMs`. Resolves when the part has ended. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
}

/**
 * State of a part. `restarting` follows a death, and `failed` follows the last attempt. `stopped` is the state before the first
 * start and after a stop.
 */
export type PartState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';
