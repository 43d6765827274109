import { readTopology } from '@cascade/topology';
import type { FileChange } from '../../generator/file-change.js';
import { generate } from '../../generator/generate.js';
import { explain } from '../explain.js';
import { hostOf } from '../host.js';
import { choose, type ChoiceOptions } from './choose.js';

/** Options that Nest's command line passes. */
export interface SchematicOptions extends Omit<ChoiceOptions, 'app'> {
  /** App that `--project` names; undefined if the user chose the app from Nest's list, which passes only `sourceRoot`. */
  project?: string;
  sourceRoot?: string;
}

export async function processorChanges(
  root: string,
  { project, sourceRoot, ...options }: SchematicOptions,
): Promise<readonly FileChange[]> {
  const host = hostOf({ root, args: [], compile: () => Promise.reject(new Error('already compiled')) });
  try {
    const topology = await readTopology(host);
    const listed = topology.apps.find(({ folder }) => `${folder}/src` === sourceRoot)?.name;
    const choice = await choose({ ...options, app: project ?? listed }, true, topology, host);
    return choice ? (await generate(root, topology, choice)).changes : [];
  } catch (error) {
    const { message, remedies } = explain(error, host);
    throw new Error([message, ...remedies].join('\n'), { cause: error });
  }
}
