import type { ReplaySelection } from '../events/replay-requested.js';

export interface ReplayOptions {
  /** Who asks for it: for the audit event. */
  by: string;
  /** Why: for the audit event. */
  reason: string;
  /** Events a second at most, above 0. Default 100. */
  rate?: number;
  /** Replay also failures whose last replay has not been answered yet. Default false: they are under way. */
  again?: boolean;
  onProgress?: (progress: ReplayProgress) => void;
  /** Stops between two events. */
  signal?: AbortSignal;
}

export interface ChannelReplayOptions extends ReplayOptions {
  /**
   * Give the events that the processor returns new ids, so that those downstream take them, although they had those of the same
   * incoming events before. Default false: these are dropped, by the broker for 10 minutes and by inboxes as long as they remember.
   */
  asNew?: boolean;
}

export interface ReplayProgress {
  /** Events that the selection held when the replay began. */
  total: number;
  /** Handed to their processor. */
  replayed: number;
  /**
   * Already handled, already being replayed, or superseded by a newer failure of the same event; or, which the log tells of: no
   * longer stored, of a processor that is no more, or refused by the broker.
   */
  skipped: number;
}

export interface ReplayResult extends ReplayProgress {
  replayId: string;
  /** Stopped by `signal` before its end. */
  stopped: boolean;
}

/** What a replay would take. */
export interface ReplayPlan {
  total: number;
  /** Of these, failures that would be skipped: handled, being replayed, superseded, or of a processor that is no more. */
  skipped: number;
  /** How many of each processor, event and class of error. */
  groups: { processor: string; event: string; error: string; count: number }[];
}

/** A time range of the channel that a processor consumes. */
export interface ChannelSelection {
  processor: string;
  /** What it consumes, such as `user.signed-up`; `event.failed` where it consumes another's failures. */
  event: string;
  since?: Date;
  until?: Date;
}

const DEFAULT_RATE = 100;

/** A replay was asked for in a way that cannot work. Nothing was done. */
export class InvalidReplayError extends Error {
  override readonly name = 'InvalidReplayError';
}

/** @throws InvalidReplayError */
export function rateOf({ rate = DEFAULT_RATE }: Pick<ReplayOptions, 'rate'>): number {
  if (rate > 0) return rate;
  throw new InvalidReplayError(`A replay needs a rate above 0 events a second, found ${rate}.`);
}

/** @throws InvalidReplayError where a time is none: compared with anything it would let all events through */
export function assertTimes({ since, until }: Pick<ReplaySelection, 'since' | 'until'>): void {
  for (const [name, time] of Object.entries({ since, until })) {
    if (time && Number.isNaN(time.getTime())) {
      throw new InvalidReplayError(`${name} of a replay is no valid time.`);
    }
  }
}
