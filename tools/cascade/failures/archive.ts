import {
  archivedFailure,
  RemovalNotRecordedError,
  removedFailureOf,
  type RemovedFailure,
  type StoredFailure,
} from '@cascade/jetstream';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { withBroker, type Broker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { counted } from '../text/numbers.js';
import { writeArchive } from './archive-file.js';
import { planRemoval, removalOf, type RemovalCommandOptions } from './choose-failures.js';
import { removalOn } from './purge.js';
import { NOTHING, planLines, resultLines, showProgress } from './removal-report.js';

export interface ArchiveCommandOptions extends RemovalCommandOptions {
  to: string;
}

/** Another file, since newer failures may be among the rest. */
const REST = 'The same command with another file archives the rest, and removes it.';

export async function run({ host, output, options }: Invocation<ArchiveCommandOptions>): Promise<number> {
  const { selection, by, reason } = removalOf(options);
  const path = resolve(options.to);
  const stopping = new AbortController();
  const ignoreInterrupts = host.onInterrupt(() => stopping.abort());
  return withBroker(host, async (broker) => {
    const removal = removalOn(broker);
    const plan = await planRemoval(removal, selection);
    if (options.dryRun) {
      output.result(plan, () => planLines(plan));
      return ExitCode.ok;
    }
    if (plan.total === 0) {
      output.result({ ...plan, removed: 0 }, () => [NOTHING]);
      return ExitCode.ok;
    }
    const saved: RemovedFailure[] = [];
    await writeArchive(path, archived(broker, removal.select(selection), saved), stopping.signal);
    const result = await removal
      .remove(saved, selection, {
        by,
        reason,
        savedTo: path,
        signal: stopping.signal,
        onProgress: (progress) => showProgress(progress, output),
      })
      .catch(async (error: unknown) => {
        // All that the file holds is still stored, and it would be in the way of the same command.
        if (error instanceof RemovalNotRecordedError) await rm(path);
        throw error;
      });
    output.progress('');
    output.result({ ...result, savedTo: path }, () => [
      `${counted(saved.length, 'failure')} archived in ${path}.`,
      ...resultLines(result, plan.left, REST),
    ]);
    return result.stopped ? ExitCode.failed : ExitCode.ok;
  }).finally(ignoreInterrupts);
}

/** @param saved gets what was written, which alone may be removed */
async function* archived(
  { connection, archive }: Broker,
  failures: AsyncIterable<StoredFailure>,
  saved: RemovedFailure[],
) {
  for await (const failure of failures) {
    const line = await archivedFailure(connection, archive, failure);
    if (!line) continue;
    saved.push(removedFailureOf(failure));
    yield line;
  }
}
