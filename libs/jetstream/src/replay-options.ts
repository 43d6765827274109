export interface ReplayOptions {
  /** Who asks for it: for the audit event. */
  by: string;
  /** Why: for the audit event. */
  reason: string;
  /** Events a second at most. Default 100. */
  rate?: number;
  /** Replay also failures whose last replay has not been answered yet. Default false: they are under way. */
  again?: boolean;
  onProgress?: (progress: ReplayProgress) => void;
  /** Stops between two events. */
  signal?: AbortSignal;
}

export interface ReplayProgress {
  /** Events that the selection held when the replay began. */
  total: number;
  /** Handed to their processor. */
  replayed: number;
  /**
   * Already handled, already being replayed, or superseded by a newer failure of the same event; or, which the log tells of: no
   * longer stored, or refused by the broker.
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
  /** Of these, failures that would be skipped: handled, being replayed, or superseded. */
  skipped: number;
  /** How many of each processor, event and class of error. */
  groups: { processor: string; event: string; error: string; count: number }[];
}

/** A time range of one event's channel, for one processor. */
export interface ChannelSelection {
  processor: string;
  /** Such as `user.signed-up`. */
  event: string;
  since?: Date;
  until?: Date;
}
