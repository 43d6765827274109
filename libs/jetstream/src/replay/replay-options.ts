import type { ReplaySelection } from '../events/replay-requested.js';

export interface RunOptions<Progress> {
  /** Person or tool that requests the run, for the audit event. */
  by: string;
  /** Reason for the run, for the audit event. */
  reason: string;
  onProgress?: (progress: Progress) => void;
  /** Stops the run between two events. */
  signal?: AbortSignal;
}

export interface ReplayOptions extends RunOptions<ReplayProgress> {
  /** Maximum number of events a second. Must be above 0. Default 100. */
  rate?: number;
  /** True to replay even failures whose last replay has no result yet. Default false. */
  again?: boolean;
}

export interface ChannelReplayOptions extends ReplayOptions {
  /**
   * True to give the next events new ids, so that downstream processors handle them like new events. With false, the next events
   * have their former ids. The broker drops such repeated events for 10 minutes, and inboxes drop them as long as their marks are
   * kept. Default false.
   */
  asNew?: boolean;
}

export interface ReplayProgress {
  /** Number of selected events when the replay began. */
  total: number;
  /** Number of events that were delivered to their processor. */
  replayed: number;
  /**
   * Number of skipped events. There are two groups:
   *
   * - failures that are handled, are being replayed, or have a newer failure of the same event;
   * - events that are no longer stored, that the broker refuses, or whose processor no longer exists. The log names this group.
   */
  skipped: number;
}

export interface ReplayResult extends ReplayProgress {
  replayId: string;
  /** True if `signal` stopped the replay before its end. */
  stopped: boolean;
}

/** Summary of the failures that a replay would select, including failures that would be skipped. */
export interface ReplayPlan {
  total: number;
  /**
   * Number of failures that would be skipped. Such failures are handled, being replayed, superseded, or of a processor that no
   * longer exists.
   */
  skipped: number;
  /** Number of selected failures by processor, event and error class, including failures that would be skipped. */
  groups: { processor: string; event: string; error: string; count: number }[];
}

/** Time range of the channel that a processor consumes. */
export interface ChannelSelection {
  processor: string;
  /**
   * Name of the event that the processor consumes, such as `user.signed-up`. For another processor's failures, the name is
   * `event.failed`.
   */
  event: string;
  since?: Date;
  until?: Date;
}

const DEFAULT_RATE = 100;

/** Thrown if the options of a replay are invalid. In this case, nothing was replayed. */
export class InvalidReplayError extends Error {
  override readonly name = 'InvalidReplayError';
}

/**
 * Returns the rate of a replay, or the default rate.
 *
 * @throws InvalidReplayError if the rate is not above 0
 */
export function rateOf({ rate = DEFAULT_RATE }: Pick<ReplayOptions, 'rate'>): number {
  if (rate > 0) return rate;
  throw new InvalidReplayError(`A replay needs a rate above 0 events a second, found ${rate}.`);
}

/** @throws InvalidReplayError if a time is an invalid date, which would select all events */
export function assertTimes({ since, until }: Pick<ReplaySelection, 'since' | 'until'>): void {
  for (const [name, time] of Object.entries({ since, until })) {
    if (time && Number.isNaN(time.getTime())) {
      throw new InvalidReplayError(`${name} of a replay is not a valid time.`);
    }
  }
}
