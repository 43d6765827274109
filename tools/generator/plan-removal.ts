import type { Processor, Topology } from '@cascade/topology';
import { join } from 'node:path';
import type { Blueprint } from './blueprint/blueprint.js';
import { GeneratorError } from './errors.js';
import { filesBelow, textOf, type FileChange } from './file-change.js';
import type { Generation } from './generate.js';
import { inferBlueprint, type RemovalChoice } from './infer-blueprint.js';
import { entriesOf, renderedFiles } from './planned-files.js';
import { format } from './render/format.js';

/** A file that differs from its generated form, and may therefore contain manual work. */
export interface ChangedFile {
  readonly path: string;
  /** Kind of the difference. `no entry` means that the file exists without the entry of the processor. */
  readonly what: 'changed' | 'missing' | 'added' | 'no entry';
}

/** Error for a processor that was written by hand, or whose files have all moved. */
export class NotGeneratedError extends GeneratorError {
  override readonly name = 'NotGeneratedError';

  constructor({ name, handler, app }: Processor, missing: string) {
    super(
      `${name} is not a generated processor: ${missing} does not exist. Its handler is ${handler} in app ${app}.`,
      [
        'Nothing was removed. Remove the handler by hand, then call `node cascade topology --update-docs`. ' +
          '`node cascade topology --check` shows what else refers to it.',
      ],
    );
  }
}

export class ChangedFilesError extends GeneratorError {
  override readonly name = 'ChangedFilesError';

  constructor(
    processor: string,
    readonly files: readonly ChangedFile[],
  ) {
    const list = files.map(({ path, what }) => `\n  ${what.padEnd(8)}  ${path}`);
    super(`These files differ from those that were generated for ${processor}:${list.join('')}`, [
      'Nothing was removed. Remove the processor by hand, or undo the changes first (`git diff` shows uncommitted changes).',
      'If only its events have changed: --keep-events keeps them.',
    ]);
  }
}

/**
 * Plans the removal of a processor and of everything that was generated for it. Writes nothing.
 *
 * @throws RefusedNameError if no processor has the name
 * @throws GeneratorError if other processors depend on this processor
 * @throws NotGeneratedError if all of the processor's own files are missing
 * @throws ChangedFilesError if files differ from their generated form
 */
export async function planRemoval(
  root: string,
  topology: Topology,
  choice: RemovalChoice,
): Promise<Generation> {
  const blueprint = await inferBlueprint(root, topology, choice);
  const removed = await removeFiles(root, blueprint);
  refuseHandWritten(blueprint, removed, topology);
  const entries = await removeEntries(root, blueprint);
  const changed = [...removed.changed, ...entries.changed];
  if (changed.length > 0) throw new ChangedFilesError(blueprint.name, changed);
  // The changes are in reverse order, so that a running system stops the app before its code is removed.
  return { blueprint, changes: [...entries.changes.reverse(), ...removed.changes] };
}

function refuseHandWritten(
  { app, name }: Blueprint,
  { changes, changed }: Outcome,
  { processors }: Topology,
): void {
  const isOwn = ({ path }: ChangedFile | FileChange) => path.startsWith(`${app.sources}/${name}/`);
  const missing = changed.filter((file) => isOwn(file) && file.what === 'missing');
  const isThere = changes.some(isOwn) || changed.some((file) => isOwn(file) && file.what === 'changed');
  if (isThere || missing.length === 0) return;
  const { path } = missing.find((file) => !file.path.endsWith('.spec.ts')) ?? missing[0]!;
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
      text === undefined
        ? 'missing'
        : (await formatted(root, path, text)) === content
          ? undefined
          : 'changed';
    if (what) outcome.changed.push({ path, what });
    else outcome.changes.push({ path, kind: 'remove' });
  }
  const { app, name } = blueprint;
  const folder = app.isOwn ? `apps/${app.name}` : `${app.sources}/${name}`;
  const known = files.map(({ path }) => path);
  const present = await filesBelow(join(root, folder)).catch(() => []);
  for (const path of present.map((file) => `${folder}/${file}`)) {
    if (!known.includes(path)) outcome.changed.push({ path, what: 'added' });
  }
  return outcome;
}

/** Removes the processor's entries. An entry counts as unchanged if removing and re-adding it changes at most its position. */
async function removeEntries(root: string, blueprint: Blueprint): Promise<Outcome> {
  const outcome: Outcome = { changes: [], changed: [] };
  for (const { path, add, remove } of entriesOf(blueprint)) {
    const text = await textOf(root, path);
    if (text === undefined) {
      outcome.changed.push({ path, what: 'missing' });
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

/** Returns true if two texts have the same lines in any order, because a re-added entry may have another position. */
function sameLines(one: string, other: string): boolean {
  const sorted = (text: string) => text.split('\n').sort().join('\n');
  return sorted(one) === sorted(other);
}

/** Formats the text of a file. Returns an invalid text unchanged, because a developer may be working on the file. */
async function formatted(root: string, path: string, text: string): Promise<string> {
  return format(root, path, text).catch(() => text);
}
