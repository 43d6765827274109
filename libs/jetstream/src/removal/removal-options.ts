import type { FailureStateName } from '../failures/failure-state.js';
import type { ReplaySelection } from '../events/replay-requested.js';
import type { RunOptions } from '../replay/replay-options.js';

/** The state of a failure for people: `open` if it was never replayed. */
export type ShownState = 'open' | FailureStateName;

/** Failure events to remove. */
export interface RemovalSelection extends ReplaySelection {
  /** State of the failures. Default: those that nobody needs, which are handled, or failed again as a newer failure. */
  state?: ShownState;
}

/** The failures that a removal would take. */
export interface RemovalPlan {
  total: number;
  bytes: number;
  /** Failures that match the selection except for their state, and so are kept. */
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

export interface RemovalOptions extends RunOptions<RemovalProgress> {
  /** Place where the failures were saved: for the audit event. */
  savedTo?: string;
}

export interface RemovalProgress {
  total: number;
  removed: number;
  /** Replayed or removed since they were selected. */
  skipped: number;
  /** Bytes of the failures that were removed. */
  bytes: number;
}

export interface RemovalResult extends RemovalProgress {
  removalId: string;
  /** True if `signal` stopped the removal before its end. */
  stopped: boolean;
}
