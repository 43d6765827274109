import type { FailureStateName } from '../failures/failure-state.js';
import type { ReplaySelection } from '../events/replay-requested.js';
import type { RunOptions } from '../replay/replay-options.js';

/** State of a failure as shown to people: `open` if the failure was never replayed. */
export type ShownState = 'open' | FailureStateName;

/** Selection of the failure events to remove. */
export interface RemovalSelection extends ReplaySelection {
  /** State of the failures. By default, handled failures are selected, and failures that failed again as a newer failure. */
  state?: ShownState;
}

/** Summary of the failures that would be removed. */
export interface RemovalPlan {
  total: number;
  bytes: number;
  /** Number of failures that match the selection except for their state, and are therefore kept. */
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
  /** Place where the failures were saved, for the audit event. */
  savedTo?: string;
}

export interface RemovalProgress {
  total: number;
  removed: number;
  /** Number of failures that were replayed or removed after their selection. */
  skipped: number;
  /** Size of the failures that were removed, in bytes. */
  bytes: number;
}

export interface RemovalResult extends RemovalProgress {
  removalId: string;
  /** True if `signal` stopped the removal before its end. */
  stopped: boolean;
}
