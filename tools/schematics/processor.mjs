import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The schematic of `nest generate processor`, which makes the same changes to the tree as `node cascade new processor`.
 *
 * @param {{ name?: string, project?: string, consumes?: string, failuresOf?: string, publishes?: string, newEvent?: boolean }} options
 */
export function processor(options) {
  return async (tree) => {
    // Nest's command line runs at the root. This file may be in another folder, because a package manager may have copied it.
    const root = process.cwd();
    const load = (path) => import(pathToFileURL(join(root, path)).href);
    const { compile } = await load('tools/compile.mjs');
    const { failures } = await compile(root);
    if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('\n'));
    const { processorChanges } = await load('dist/dev/tools/cascade/new/schematic.js');
    for (const { path, kind, content } of await processorChanges(root, options)) {
      if (kind === 'create') tree.create(path, content);
      else tree.overwrite(path, content);
    }
  };
}
