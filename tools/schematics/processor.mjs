import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The schematic behind `nest generate processor`: the same as `node cascade new processor`, on the tree of the schematics.
 *
 * @param {{ name?: string, project?: string, consumes?: string, failuresOf?: string, publishes?: string, newEvent?: boolean }} options
 */
export function processor(options) {
  return async (tree) => {
    // Not this file's place: a package manager may have put it elsewhere. Nest's command line runs at the root.
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
