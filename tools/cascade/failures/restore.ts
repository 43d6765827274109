import { FailureRestore, type RestoreProgress } from '@cascade/jetstream';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { withInterrupt } from '../host.js';
import { counted } from '../text/numbers.js';
import { readArchive } from './archive-file.js';

export async function run({ host, output, args }: Invocation): Promise<number> {
  const path = args[0]!;
  // The whole file is read first, so that no part of an incomplete file is restored.
  for await (const _ of readArchive(path));
  const onProgress = ({ restored }: RestoreProgress) =>
    output.progress(`Restored ${counted(restored, 'failure')} …`);
  const result = await withBroker(host, ({ connection }) =>
    withInterrupt(host, (signal) =>
      new FailureRestore(connection).restore(readArchive(path), { signal, onProgress }),
    ),
  );
  output.progress('');
  output.result(result, () => resultLines(result));
  return result.stopped ? ExitCode.failed : ExitCode.ok;
}

function resultLines({ restored, skipped, stopped }: RestoreProgress & { stopped: boolean }): string[] {
  const known = skipped > 0 ? `, ${skipped} ${skipped === 1 ? 'was' : 'were'} in the stream already` : '';
  const done = `${counted(restored, 'failure')} restored${known}.`;
  if (stopped) return [`Stopped: ${done} The same command restores the rest.`];
  return [done, ...(restored > 0 ? ['`node cascade failures list` shows them.'] : [])];
}
