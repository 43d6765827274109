import { readTopology } from '@cascade/topology';
import { applyChanges } from '../../generator/file-change.js';
import type { Blueprint } from '../../generator/blueprint/blueprint.js';
import { generate, type Generation } from '../../generator/generate.js';
import { runningHere, type RunningSystem } from '../../supervisor/data-folder.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { changeLines, shownChanges } from '../text/changes.js';
import { choose, type ChoiceOptions } from './choose.js';
import { nextCommands } from './next-commands.js';

export interface NewProcessorOptions extends Omit<ChoiceOptions, 'name'> {
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

export async function run({ host, output, args, options }: Invocation<NewProcessorOptions>): Promise<number> {
  const { dryRun = false, yes = false, json = false } = options;
  const topology = await readTopology(host);
  const choice = await choose({ ...options, name: args[0] }, !yes && !json, topology, host);
  if (!choice) {
    output.note('Nothing was written.');
    return ExitCode.failed;
  }
  const generation = await generate(host.root, topology, choice);
  if (!dryRun) await applyChanges(host.root, generation.changes);
  const running = dryRun ? undefined : await runningHere();
  const next = dryRun ? [] : nextCommands(generation.blueprint, running !== undefined);
  output.result({ changes: shownChanges(generation.changes), isWritten: !dryRun, next }, () =>
    report(generation, next, running, output),
  );
  return ExitCode.ok;
}

function report(
  { blueprint: { app, consumes, newEvents }, changes }: Generation,
  next: readonly string[],
  running: RunningSystem | undefined,
  output: Output,
): string[] {
  const isUnpublished = newEvents.some(({ event }) => event === consumes.event);
  return [
    ...changeLines(changes, output),
    '',
    ...(isUnpublished
      ? [
          `Nothing publishes ${consumes.event} yet. Until then, \`node cascade topology --check\` and \`npm test\` fail.`,
          '',
        ]
      : []),
    ...(running ? [runningLine(running, app), ''] : []),
    ...(next.length === 0 ? ['Nothing was written.'] : ['Next:', ...next.map((command) => `  ${command}`)]),
  ];
}

function runningLine({ pid, reloads }: RunningSystem, { name, isOwn }: Blueprint['app']): string {
  if (isOwn) return `The system that runs here starts it (process ${pid}).`;
  return reloads
    ? `The system that runs here restarts ${name} with it (process ${pid}).`
    : `The system that runs here needs a restart to start it: Ctrl-C there (process ${pid}), and start it again.`;
}
