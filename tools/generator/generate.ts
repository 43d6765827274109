import type { Topology } from '@cascade/topology';
import { blueprintOf, type Blueprint } from './blueprint/blueprint.js';
import type { ProcessorChoice } from './choice/choice.js';
import { resolveChoice } from './choice/resolve-choice.js';
import { GeneratorError } from './errors.js';
import { textOf, type FileChange } from './file-change.js';
import { entriesOf, renderedFiles } from './planned-files.js';
import { format } from './render/format.js';

export interface Generation {
  readonly blueprint: Blueprint;
  readonly changes: readonly FileChange[];
}

/**
 * Plans the files of a new processor and the changes of shared files. Writes nothing; call `applyChanges` to write the files.
 *
 * @throws RefusedNameError if a name is invalid, unknown or taken
 * @throws GeneratorError if a new file already exists, or if a shared file is missing or has no place for its entry
 */
export async function generate(
  root: string,
  topology: Topology,
  choice: ProcessorChoice,
): Promise<Generation> {
  const blueprint = await blueprintOf(root, await resolveChoice(root, topology, choice));
  const files = await renderedFiles(root, blueprint);
  const texts = await Promise.all(files.map(({ path }) => textOf(root, path)));
  const existing = files.filter((_, index) => texts[index] !== undefined).map(({ path }) => path);
  if (existing.length > 0) {
    throw new GeneratorError(`No file is overwritten, and these exist already: ${existing.join(', ')}.`, [
      'Choose another name, or remove them.',
    ]);
  }
  const created = files.map((file): FileChange => ({ ...file, kind: 'create' }));
  const changed = entriesOf(blueprint).map(async ({ path, add }): Promise<FileChange> => {
    const text = await textOf(root, path);
    if (text === undefined) throw new GeneratorError(`${path} is missing: is this a complete checkout?`);
    return { path, kind: 'change', content: await format(root, path, add(text, blueprint)) };
  });
  return { blueprint, changes: [...created, ...(await Promise.all(changed))] };
}
