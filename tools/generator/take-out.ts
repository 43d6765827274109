import type { Processor, Topology } from '@cascade/topology';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { blueprintOf, type Blueprint } from './blueprint.js';
import { GeneratorError } from './errors.js';
import { textOf, type FileChange } from './file-change.js';
import { format } from './format.js';
import type { Generation } from './generate.js';
import { recognize, type RemovalChoice } from './recognize.js';
import { entriesOf, renderedFiles } from './rendered-files.js';

/** A file is not as it was generated: somebody's work is in it. */
export interface ChangedFile {
  readonly path: string;
  /** `no entry`: the file is there, and what the processor had in it is not. */
  readonly what: 'changed' | 'gone' | 'added' | 'no entry';
}

/** The processor was written by hand, or somebody has moved all its files. */
export class NotGeneratedError extends GeneratorError {
  override readonly name = 'NotGeneratedError';

  constructor({ name, handler, app }: Processor, missing: string) {
    super(
      `${name} is not a generated processor: there is no ${missing}. Its handler is ${handler} of app ${app}.`,
      [
        'Nothing was removed. Take it out by hand: the handler, then `node cascade topology --update-docs`; ' +
          '`node cascade topology --check` tells what else names it.',
      ],
    );
  }
}

/** Somebody's work would be lost. */
export class ChangedFilesError extends GeneratorError {
  override readonly name = 'ChangedFilesError';

  constructor(
    processor: string,
    readonly files: readonly ChangedFile[],
  ) {
    const list = files.map(({ path, what }) => `\n  ${what.padEnd(8)}  ${path}`);
    super(`These are not as they were generated for ${processor}:${list.join('')}`, [
      'Nothing was removed. Take it out by hand, or undo the changes first (`git diff` shows those that are not committed).',
      'Where only its events have changed: --keep-events leaves them.',
    ]);
  }
}

/**
 * What it takes to have a processor gone, with all that was generated for it. Nothing is written.
 *
 * @throws RefusedNameError where there is none of that name
 * @throws GeneratorError where others build on it
 * @throws NotGeneratedError where none of its own files is there
 * @throws ChangedFilesError where files are not as they were generated
 */
export async function takeOut(root: string, topology: Topology, choice: RemovalChoice): Promise<Generation> {
  const blueprint = await blueprintOf(root, await recognize(root, topology, choice));
  const removed = await removeFiles(root, blueprint);
  refuseHandWritten(blueprint, removed, topology);
  const entries = await removeEntries(root, blueprint);
  const changed = [...removed.changed, ...entries.changed];
  if (changed.length > 0) throw new ChangedFilesError(blueprint.name, changed);
  // The other way round than it was generated: a system that runs stops the app before its code is gone.
  return { blueprint, changes: [...entries.changes.reverse(), ...removed.changes] };
}

function refuseHandWritten(
  { app, name }: Blueprint,
  { changes, changed }: Outcome,
  { processors }: Topology,
): void {
  const isOwn = ({ path }: ChangedFile | FileChange) => path.startsWith(`${app.sources}/${name}/`);
  const gone = changed.filter((file) => isOwn(file) && file.what === 'gone');
  const isThere = changes.some(isOwn) || changed.some((file) => isOwn(file) && file.what === 'changed');
  if (isThere || gone.length === 0) return;
  const { path } = gone.find((file) => !file.path.endsWith('.spec.ts')) ?? gone[0]!;
  throw new NotGeneratedError(
    processors.find((processor) => processor.name === name)!,
    path,
  );
}

interface Outcome {
  changes: FileChange[];
  changed: ChangedFile[];
}

async function removeFiles(root: string, blueprint: Blueprint): Promise<Outcome> {
  const files = await renderedFiles(root, blueprint);
  const outcome: Outcome = { changes: [], changed: [] };
  for (const { path, content } of files) {
    const text = await textOf(root, path);
    const what =
      text === undefined ? 'gone' : (await formatted(root, path, text)) === content ? undefined : 'changed';
    if (what) outcome.changed.push({ path, what });
    else outcome.changes.push({ path, kind: 'remove' });
  }
  const { app, name } = blueprint;
  const folder = app.isOwn ? `apps/${app.name}` : `${app.sources}/${name}`;
  const known = files.map(({ path }) => path);
  for (const path of await filesIn(root, folder)) {
    if (!known.includes(path)) outcome.changed.push({ path, what: 'added' });
  }
  return outcome;
}

/** An entry is as it was generated where taking it out and adding it again changes nothing but, maybe, its place. */
async function removeEntries(root: string, blueprint: Blueprint): Promise<Outcome> {
  const outcome: Outcome = { changes: [], changed: [] };
  for (const { path, add, remove } of entriesOf(blueprint)) {
    const text = await textOf(root, path);
    if (text === undefined) {
      outcome.changed.push({ path, what: 'gone' });
      continue;
    }
    const before = await format(root, path, text);
    const content = await format(root, path, remove(before, blueprint));
    const again = await format(root, path, add(content, blueprint));
    if (sameLines(again, before)) outcome.changes.push({ path, kind: 'change', content });
    else outcome.changed.push({ path, what: content === before ? 'no entry' : 'changed' });
  }
  return outcome;
}

/** Others were added behind it since, or somebody has sorted them. */
function sameLines(one: string, other: string): boolean {
  const sorted = (text: string) => text.split('\n').sort().join('\n');
  return sorted(one) === sorted(other);
}

/** Of a file that somebody is working on, which may not even parse. */
async function formatted(root: string, path: string, text: string): Promise<string> {
  return format(root, path, text).catch(() => text);
}

async function filesIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
