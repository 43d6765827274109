import type { ConsumerPlace } from '@cascade/jetstream';

/**
 * State of a processor:
 * - `running`: a process pulls events
 * - `paused`: at least one replica is in a pause, and admits only probes
 * - `stopped`: no process pulls events
 * - `missing`: some of the processor's consumers do not exist
 * - `foreign`: the code does not declare the consumer, but a process pulls events, such as a program in another language
 * - `undeclared`: the code does not declare the consumer, and no process pulls events
 */
export type ProcessorState = 'running' | 'paused' | 'stopped' | 'missing' | 'foreign' | 'undeclared';

/** Time at which a stream deletes the oldest event that a processor has not settled. */
export interface Expiry {
  readonly stream: string;
  readonly storedAt: Date;
  readonly at: Date;
  /** True after half of the retention time has passed. */
  readonly isNear: boolean;
}

/** Lag of a processor, summed over all of its replicas. */
export interface ProcessorLag {
  readonly processor: string;
  /** App of the processor; undefined if the code does not declare the processor. */
  readonly app: string | undefined;
  readonly state: ProcessorState;
  /** Start times of the pauses, one for each paused replica. */
  readonly pauses: readonly Date[];
  /** Number of events, replays and due retries that wait for delivery. */
  readonly pending: number;
  /** Number of delivered events that are not acknowledged yet. */
  readonly inFlight: number;
  /** Number of events in flight that were delivered more than once. */
  readonly redelivered: number;
  readonly retrying: number;
  /** Storage time of the oldest event that is not settled; undefined if all events are settled. */
  readonly oldest: Date | undefined;
  /** Expiry of the unsettled event that will be deleted first; undefined if no unsettled event will be deleted. */
  readonly expiry: Expiry | undefined;
  readonly missing: readonly ConsumerPlace[];
}
