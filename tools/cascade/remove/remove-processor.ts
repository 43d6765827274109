import { readTopology } from '@cascade/topology';
import { applyChanges } from '../../generator/file-change.js';
import { planRemoval } from '../../generator/plan-removal.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { isTerminal, type Host } from '../host.js';
import { changeLines, shownChanges } from '../text/changes.js';

export interface RemoveProcessorOptions {
  keepEvents?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

export async function run({
  host,
  output,
  args,
  options,
}: Invocation<RemoveProcessorOptions>): Promise<number> {
  const { keepEvents, dryRun = false, yes, json } = options;
  const name = args[0]!;
  const { changes } = await planRemoval(host.root, await readTopology(host), { name, keepEvents });
  const lines = changeLines(changes, output);
  const asks = !dryRun && !yes && !json && isTerminal(host);
  if (asks) {
    for (const line of lines) output.line(line);
    if (!(await isConfirmed(name, host))) {
      output.note('Nothing was removed.');
      return ExitCode.failed;
    }
  }
  if (!dryRun) await applyChanges(host.root, changes);
  output.result({ changes: shownChanges(changes), isRemoved: !dryRun }, () => [
    ...(asks ? [] : lines),
    '',
    dryRun
      ? 'Nothing was removed.'
      : `${name} is removed from the code. Its consumers stay on brokers where it ran: \`node cascade lag\` shows them as undeclared.`,
  ]);
  return ExitCode.ok;
}

async function isConfirmed(name: string, { stdin, stderr }: Host): Promise<boolean> {
  const { confirm } = await import('@clack/prompts');
  return (await confirm({ message: `Remove ${name}?`, input: stdin, output: stderr })) === true;
}
