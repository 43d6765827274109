import type { ConsumerPlace } from '@cascade/jetstream';

/**
 * - `running`: a process pulls events
 * - `paused`: nearly all events failed for at least one replica, which now tries single events
 * - `stopped`: no process pulls events
 * - `missing`: some of its consumers do not exist
 * - `foreign`: the code does not declare the consumer, but a process pulls, such as a processor in another language
 * - `undeclared`: the code does not declare the consumer, and no process pulls
 */
export type ProcessorState = 'running' | 'paused' | 'stopped' | 'missing' | 'foreign' | 'undeclared';

/** When a stream deletes the oldest event that a processor has not settled. */
export interface Expiry {
  readonly stream: string;
  readonly storedAt: Date;
  readonly at: Date;
  /** True after half of the retention time. */
  readonly isNear: boolean;
}

/** Backlog of a processor, over all of its replicas. */
export interface ProcessorLag {
  readonly processor: string;
  /** Undefined if the code does not declare the processor. */
  readonly app: string | undefined;
  readonly state: ProcessorState;
  /** Start of the pause of each paused replica. */
  readonly pauses: readonly Date[];
  /** Events, replays and due retries that wait for delivery. */
  readonly pending: number;
  /** Delivered, without an answer yet. */
  readonly inFlight: number;
  /** Events in flight that were delivered more than once. */
  readonly redelivered: number;
  readonly retrying: number;
  /** Storage time of the oldest event that is not settled. */
  readonly oldest: Date | undefined;
  /** Undefined if no event waits in a stream that deletes old events. */
  readonly expiry: Expiry | undefined;
  readonly missing: readonly ConsumerPlace[];
}
