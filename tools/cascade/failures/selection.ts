import type { RemovalSelection } from '@cascade/jetstream';
import { CommandError, UsageError } from '../errors.js';

export interface FailureOptions extends Omit<RemovalSelection, 'failureIds'> {
  failure?: string[];
  all?: boolean;
}

/**
 * Converts options to a selection of failures.
 *
 * @param remedy instruction for choosing failures, which the error contains
 * @throws UsageError if the options choose no failures
 */
export function selectionOf(options: FailureOptions, remedy: string): RemovalSelection {
  const { failure, processor, event, error, since, until, state, all } = options;
  const given = { failureIds: failure, processor, event, error, since, until, state };
  const selection: RemovalSelection = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (all !== true && Object.keys(selection).length === 0) {
    throw new UsageError('No failures were chosen.', [remedy]);
  }
  return selection;
}

/**
 * Refuses a selection by id if no such failure exists. A selection by filter may match no failure.
 *
 * @throws CommandError if the options contain ids, but no failure was found
 */
export function refuseUnknown({ failure }: FailureOptions, found: number): void {
  if (!failure || found > 0) return;
  throw new CommandError(`No such failure was found: ${failure.join(', ')}.`, [
    '`node cascade failures list` shows their ids.',
  ]);
}
