import {
  archivedFailure,
  RemovalNotRecordedError,
  removedFailureOf,
  type RemovedFailure,
  type StoredFailure,
} from '@cascade/jetstream';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Broker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { counted } from '../text/numbers.js';
import { writeArchive } from './archive-file.js';
import { resultLines } from './removal-report.js';
import { removeFailures, type RemoveOptions } from './remove.js';

export interface ArchiveOptions extends RemoveOptions {
  to: string;
}

/** Remedy after an interruption. The repeated command needs another file, because `archive` never overwrites a file. */
const REST = 'The same command with another file archives and removes the rest.';

export function run(invocation: Invocation<ArchiveOptions>): Promise<number> {
  const savedTo = resolve(invocation.options.to);
  return removeFailures(invocation, async ({ broker, removal, selection, options }) => {
    const saved: RemovedFailure[] = [];
    await writeArchive(savedTo, archived(broker, removal.select(selection), saved), options.signal);
    const result = await removal
      .remove(saved, selection, { ...options, savedTo })
      .catch(async (error: unknown) => {
        // Nothing was removed. The file is deleted, because the same command would refuse an existing file.
        if (error instanceof RemovalNotRecordedError) await rm(savedTo);
        throw error;
      });
    const lines = (left: number) => [
      `${counted(saved.length, 'failure')} archived in ${savedTo}.`,
      ...resultLines(result, left, REST),
    ];
    return { result, savedTo, lines };
  });
}

/**
 * Yields the archived form of each selected failure.
 *
 * @param saved receives the yielded failures, because only saved failures may be removed
 */
async function* archived(
  { connection, failures }: Broker,
  selected: AsyncIterable<StoredFailure>,
  saved: RemovedFailure[],
) {
  for await (const failure of selected) {
    const line = await archivedFailure(connection, failures, failure);
    if (!line) continue;
    saved.push(removedFailureOf(failure));
    yield line;
  }
}
