import type { FailureStateName, StoredFailure } from '@cascade/jetstream';

/** What became of a failure; `open` where nobody replayed it. */
export type ShownState = 'open' | FailureStateName;

export const FAILURE_STATES: readonly ShownState[] = ['open', 'requested', 'handled', 'failed-again'];

export function stateOf({ state }: Pick<StoredFailure, 'state'>): ShownState {
  return state?.state ?? 'open';
}
