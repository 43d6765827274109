import { blueprintOf, type Blueprint } from './blueprint.js';
import { GeneratorError } from './errors.js';
import { textOf, type FileChange } from './file-change.js';
import { format } from './format.js';
import { entriesOf, renderedFiles } from './rendered-files.js';
import type { ProcessorChoice } from './choice.js';
import { resolveChoice } from './resolve-choice.js';
import type { Topology } from '@cascade/topology';

export interface Generation {
  readonly blueprint: Blueprint;
  readonly changes: readonly FileChange[];
}

/**
 * What a processor takes to be there. Nothing is written: `applyChanges` does that.
 *
 * @throws RefusedNameError for a name that is none, not known or taken
 * @throws GeneratorError where a file is there already, or a shared one is not as it must be
 */
export async function generate(
  root: string,
  topology: Topology,
  choice: ProcessorChoice,
): Promise<Generation> {
  const blueprint = await blueprintOf(root, await resolveChoice(root, topology, choice));
  const files = await renderedFiles(root, blueprint);
  const there = await pathsThatExist(
    root,
    files.map(({ path }) => path),
  );
  if (there.length > 0) {
    throw new GeneratorError(
      `Nothing is overwritten: ${there.join(', ')} ${there.length > 1 ? 'are' : 'is'} there already.`,
      ['Take another name, or remove what is there.'],
    );
  }
  const created = files.map((file): FileChange => ({ ...file, kind: 'create' }));
  const changed = entriesOf(blueprint).map(async ({ path, add }): Promise<FileChange> => {
    const text = await textOf(root, path);
    if (text === undefined) throw new GeneratorError(`${path} is missing: is this a complete checkout?`);
    return { path, kind: 'change', content: await format(root, path, add(text, blueprint)) };
  });
  return { blueprint, changes: [...created, ...(await Promise.all(changed))] };
}

async function pathsThatExist(root: string, paths: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(paths.map((path) => textOf(root, path)));
  return paths.filter((_, index) => texts[index] !== undefined);
}
