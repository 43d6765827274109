import type { FailureStateName } from '../failures/failure-state.js';
import type { ReplaySelection } from '../events/replay-requested.js';

/** The state of a failure as people know it: `open` if nobody replayed it. */
export type ShownState = 'open' | FailureStateName;

/** Failure events to be removed. */
export interface RemovalSelection extends ReplaySelection {
  /** In this state. Default: those that nobody needs, which are handled, or failed again as a newer failure. */
  state?: ShownState;
}

/** What a removal would take. */
export interface RemovalPlan {
  total: number;
  bytes: number;
  /** Failures that the selection holds but for their state, and that stay. */
  left: number;
  groups: {
    processor: string;
    event: string;
    error: string;
    state: ShownState;
    count: number;
    bytes: number;
  }[];
}

export interface RemovalOptions {
  /** Who removes them: for the audit event. */
  by: string;
  /** Why: for the audit event. */
  reason: string;
  /** Where they were saved: for the audit event. */
  savedTo?: string;
  onProgress?: (progress: RemovalProgress) => void;
  /** Stops between two failures. */
  signal?: AbortSignal;
}

export interface RemovalProgress {
  total: number;
  removed: number;
  /** Replayed since they were selected, or removed by somebody else. */
  skipped: number;
  /** Of those that were removed. */
  bytes: number;
}

export interface RemovalResult extends RemovalProgress {
  removalId: string;
  /** Stopped by `signal` before its end. */
  stopped: boolean;
}
