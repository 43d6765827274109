import type { ReplaySelection } from '../events/replay-requested.js';

export interface RunOptions<Progress> {
  /** Who asks for it: for the audit event. */
  by: string;
  /** The reason: for the audit event. */
  reason: string;
  onProgress?: (progress: Progress) => void;
  /** Stops the run between two events. */
  signal?: AbortSignal;
}

export interface ReplayOptions extends RunOptions<ReplayProgress> {
  /** Events a second at most, above 0. Default 100. */
  rate?: number;
  /** Also replay failures whose last replay is still in flight. Default false. */
  again?: boolean;
}

export interface ChannelReplayOptions extends ReplayOptions {
  /**
   * Give new ids to the events that the processor returns, so that downstream processors handle them again. Default false: the broker
   * drops repeated ids for 10 minutes, and inboxes drop them while they keep their marks.
   */
  asNew?: boolean;
}

export interface ReplayProgress {
  /** Number of selected events when the replay began. */
  total: number;
  /** Delivered to their processor. */
  replayed: number;
  /**
   * Failures that are already handled, already being replayed, or superseded by a newer failure of the same event. Also events that
   * are no longer stored, whose processor no longer exists, or that the broker refused: the log names these.
   */
  skipped: number;
}

export interface ReplayResult extends ReplayProgress {
  replayId: string;
  /** True if `signal` stopped the replay before its end. */
  stopped: boolean;
}

/** The events that a replay would take. */
export interface ReplayPlan {
  total: number;
  /** Failures among them that would be skipped: handled, being replayed, superseded, or of a processor that no longer exists. */
  skipped: number;
  /** Counts by processor, event and class of error. */
  groups: { processor: string; event: string; error: string; count: number }[];
}

/** A time range of the channel that a processor consumes. */
export interface ChannelSelection {
  processor: string;
  /** Event that it consumes, such as `user.signed-up`; `event.failed` if it consumes another processor's failures. */
  event: string;
  since?: Date;
  until?: Date;
}

const DEFAULT_RATE = 100;

/** The options of a replay are invalid. Nothing was replayed. */
export class InvalidReplayError extends Error {
  override readonly name = 'InvalidReplayError';
}

/** @throws InvalidReplayError */
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
