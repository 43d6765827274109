import type { ConsumerPlace } from '@cascade/jetstream';

/**
 * - `running`: somebody pulls
 * - `paused`: nearly everything failed for at least one replica, which tries one event from time to time
 * - `stopped`: nobody pulls
 * - `missing`: it has not all of its consumers
 * - `foreign`: no processor in the code has this consumer, and somebody pulls, such as a processor in another language
 * - `undeclared`: no processor in the code has this consumer, and nobody pulls
 */
export type ProcessorState = 'running' | 'paused' | 'stopped' | 'missing' | 'foreign' | 'undeclared';

/** When a stream deletes the oldest event that a processor has not settled. */
export interface Expiry {
  readonly stream: string;
  readonly storedAt: Date;
  readonly at: Date;
  /** Half of the time for which the stream keeps events has passed. */
  readonly isNear: boolean;
}

/** How far a processor is behind, over all of its replicas. */
export interface ProcessorLag {
  readonly processor: string;
  /** Undefined where it is not declared. */
  readonly app: string | undefined;
  readonly state: ProcessorState;
  /** Since when, where it is paused: one time for each replica that is. */
  readonly pauses: readonly Date[];
  /** Events, replays and due retries that wait for it. */
  readonly pending: number;
  /** In hand, and not answered yet. */
  readonly inFlight: number;
  /** Of those in flight, how many were delivered more than once. */
  readonly redelivered: number;
  /** Retries that are not due yet. */
  readonly retrying: number;
  /** When the oldest event was stored that it has not settled. */
  readonly oldest: Date | undefined;
  /** Undefined if nothing waits in a stream that deletes old events. */
  readonly expiry: Expiry | undefined;
  readonly missing: readonly ConsumerPlace[];
}
