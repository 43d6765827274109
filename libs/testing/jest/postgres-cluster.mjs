import { transformFile } from '@swc/core';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Compiles and imports `postgres-cluster.ts`, because Jest does not compile the imports of its global set-up. */
export async function importPostgresCluster() {
  const root = join(import.meta.dirname, '../../..');
  const { code } = await transformFile(join(import.meta.dirname, '../src/databases/postgres-cluster.ts'), {
    cwd: root,
  });
  const folder = join(root, '.cache', 'jest');
  const output = join(folder, 'postgres-cluster.mjs');
  await mkdir(folder, { recursive: true });
  await writeFile(`${output}.${process.pid}`, code);
  await rename(`${output}.${process.pid}`, output);
  return import(pathToFileURL(output).href);
}
