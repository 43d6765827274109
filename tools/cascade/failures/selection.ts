import type { RemovalSelection } from '@cascade/jetstream';
import { CommandError, UsageError } from '../errors.js';

export interface FailureOptions extends Omit<RemovalSelection, 'failureIds'> {
  failure?: string[];
  all?: boolean;
}

/**
 * Converts options to a selection of failures.
 *
 * @param remedy says how to choose failures
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
 * Refuses ids that match no failure. A filter may match nothing, but named failures must exist.
 *
 * @throws CommandError if no named failure was found
 */
export function refuseUnknown({ failure }: FailureOptions, found: number): void {
  if (!failure || found > 0) return;
  throw new CommandError(`No such failure was found: ${failure.join(', ')}.`, [
    '`node cascade failures list` shows their ids.',
  ]);
}
