import { readTopology } from '@cascade/topology';
import type { FileChange } from '../../generator/file-change.js';
import { generate } from '../../generator/generate.js';
import { CommandError } from '../errors.js';
import { explain } from '../explain.js';
import { hostOf } from '../host.js';
import { choose, type ChoiceOptions } from './choose.js';

/** As Nest's command line passes them on. */
export interface SchematicOptions extends Omit<ChoiceOptions, 'app'> {
  /** What `--project` names; missing where somebody chose from Nest's list, which then tells only its folder. */
  project?: string;
  sourceRoot?: string;
}

/** What a schematic does to the tree, asking for what is missing. */
export async function processorChanges(
  root: string,
  { project, sourceRoot, ...options }: SchematicOptions,
): Promise<readonly FileChange[]> {
  const host = hostOf({ root, args: [], compile: () => Promise.reject(new Error('It is compiled.')) });
  try {
    const topology = await readTopology(host);
    const listed = topology.apps.find(({ folder }) => `${folder}/src` === sourceRoot)?.name;
    const choice = await choose({ ...options, app: project ?? listed }, true, topology, host);
    return choice ? (await generate(root, topology, choice)).changes : [];
  } catch (error) {
    const shown = explain(error, host);
    if (!(shown instanceof CommandError)) throw shown;
    throw new Error([shown.message, ...shown.remedies].join('\n'), { cause: error });
  }
}
