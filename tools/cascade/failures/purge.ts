import { removedFailureOf, type RemovedFailure } from '@cascade/jetstream';
import type { Invocation } from '../command-line.js';
import { resultLines } from './removal-report.js';
import { removeFailures, type RemoveOptions } from './remove.js';

export function run(invocation: Invocation<RemoveOptions>): Promise<number> {
  return removeFailures(invocation, async ({ removal, selection, options }) => {
    // Keeps only summaries in memory, because there may be many failures with large events.
    const failures: RemovedFailure[] = [];
    for await (const failure of removal.select(selection)) failures.push(removedFailureOf(failure));
    const result = await removal.remove(failures, selection, options);
    return { result, lines: (left) => resultLines(result, left) };
  });
}
