import type { ShownState, StoredFailure } from '@cascade/jetstream';

export const FAILURE_STATES: readonly ShownState[] = ['open', 'requested', 'handled', 'failed-again'];

export function stateOf({ state }: Pick<StoredFailure, 'state'>): ShownState {
  return state?.state ?? 'open';
}
