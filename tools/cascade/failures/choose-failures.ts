import type { FailureRemoval, RemovalPlan, RemovalSelection, StoredFailure } from '@cascade/jetstream';
import { userInfo } from 'node:os';
import { CommandError, UsageError } from '../errors.js';

/** The options of `purge` and `archive`: which failures, who asks, and why. */
export interface RemovalCommandOptions extends Pick<
  RemovalSelection,
  'processor' | 'event' | 'error' | 'since' | 'until' | 'state'
> {
  failure?: string[];
  all?: boolean;
  dryRun?: boolean;
  by?: string;
  reason?: string;
}

/** @throws UsageError if it is not said what to remove, or why */
export function removalOf(options: RemovalCommandOptions): {
  selection: RemovalSelection;
  by: string;
  reason: string;
} {
  const { failure, processor, event, error, since, until, state, all, dryRun } = options;
  const given = { failureIds: failure, processor, event, error, since, until, state };
  const selection: RemovalSelection = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (all !== true && Object.keys(selection).length === 0) {
    throw new UsageError('It is not said what to remove.', [
      'Choose failures with --failure, --processor, --event, --error, --state, --since or --until, or take all that nobody needs ' +
        'with --all.',
    ]);
  }
  const { by = userInfo().username, reason = '' } = options;
  if (!dryRun && !reason.trim()) {
    throw new UsageError('A removal needs a reason, which is stored with it.', [
      "Add --reason '…', or --dry-run.",
    ]);
  }
  if (!by.trim()) throw new UsageError('--by must name who asks for the removal.');
  return { selection, by, reason };
}

/** @throws CommandError if failures are named and none of them is there */
export async function planRemoval(
  removal: FailureRemoval,
  selection: RemovalSelection,
): Promise<RemovalPlan> {
  const plan = await removal.plan(selection);
  if (selection.failureIds && plan.total + plan.left === 0) {
    throw new CommandError(`No such failure was found: ${selection.failureIds.join(', ')}.`, [
      '`node cascade failures list` shows their ids.',
    ]);
  }
  return plan;
}

/** Reads them one by one, and keeps of each what `keep` gives: there may be very many, with large events in them. */
export async function collect<Kept>(
  failures: AsyncIterable<StoredFailure>,
  keep: (failure: StoredFailure) => Kept,
): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const failure of failures) kept.push(keep(failure));
  return kept;
}
