import { readTopology, type Topology } from '@app/topology';
import { applyChanges } from '../../generator/file-change.js';
import { generate, type Generation } from '../../generator/generate.js';
import type { ProcessorChoice } from '../../generator/choice.js';
import type { Invocation } from '../command-line.js';
import { UsageError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import { isTerminal, type Host } from '../host.js';
import type { Output } from '../output.js';
import { nextCommands } from './next-commands.js';

export interface NewProcessorOptions {
  consumes?: string;
  failuresOf?: string;
  publishes?: string;
  app?: string;
  newEvent?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

export async function run({ host, output, args, options }: Invocation<NewProcessorOptions>): Promise<number> {
  const { consumes, failuresOf, dryRun = false } = options;
  if (consumes !== undefined && failuresOf !== undefined) {
    throw new UsageError(
      '--consumes and --failures-of exclude each other: a processor gets one or the other.',
    );
  }
  const topology = await readTopology(host);
  const choice = await choose(args[0], options, topology, host);
  if (!choice) {
    output.note('Nothing was written.');
    return ExitCode.failed;
  }
  const generation = await generate(host.root, topology, choice);
  if (!dryRun) await applyChanges(host.root, generation.changes);
  const next = dryRun ? [] : nextCommands(generation.blueprint);
  output.result(
    { changes: generation.changes.map(({ path, kind }) => ({ path, kind })), isWritten: !dryRun, next },
    () => report(generation, next, dryRun, output, topology),
  );
  return ExitCode.ok;
}

/** Undefined where the questions were broken off. */
async function choose(
  name: string | undefined,
  options: NewProcessorOptions,
  topology: Topology,
  host: Host,
): Promise<ProcessorChoice | undefined> {
  const { consumes, failuresOf, publishes, app, newEvent, yes, json } = options;
  const consumed =
    consumes !== undefined ? { event: consumes } : failuresOf !== undefined ? { failuresOf } : undefined;
  const given = { name, consumes: consumed, publishes, app, newEvent };
  if (!yes && !json && isTerminal(host)) {
    const { askFor } = await import('./questions.js');
    return askFor(given, topology, host);
  }
  if (name === undefined) throw new UsageError('The processor needs a name: node cascade new processor NAME');
  if (!consumed) {
    throw new UsageError('What does it consume? Say --consumes EVENT or --failures-of PROCESSOR.', [
      '`node cascade topology` shows which there are.',
    ]);
  }
  return { ...given, name, consumes: consumed };
}

function report(
  { blueprint, changes }: Generation,
  next: readonly string[],
  dryRun: boolean,
  output: Output,
  topology: Topology,
): string[] {
  const { consumes, failuresOf, newEvents } = blueprint;
  const isPublished = topology.apps.some(({ publishes }) =>
    publishes.some(({ event }) => event === consumes.event),
  );
  const unpublished = !failuresOf && !isPublished && newEvents.some(({ event }) => event === consumes.event);
  return [
    ...changes.map(
      ({ kind, path }) => `${output.paint(kind === 'create' ? 'green' : 'yellow', kind.padEnd(6))}  ${path}`,
    ),
    ...(unpublished
      ? [
          '',
          `Nobody publishes ${consumes.event} yet: until somebody does, \`node cascade topology --check\`, and so \`npm test\`, fail.`,
        ]
      : []),
    '',
    ...(dryRun ? ['Nothing was written.'] : ['Next:', ...next.map((command) => `  ${command}`)]),
  ];
}
