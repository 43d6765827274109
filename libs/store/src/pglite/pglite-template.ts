import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CLUSTER } from './pglite-folder.js';

/**
 * An empty embedded database to copy: an empty folder takes 2 to 4 s of computing at its first opening, a copy a tenth of a
 * second. Made once for each version of PGlite.
 *
 * @param cache folder in which it is kept
 * @returns its folder
 */
export async function pgliteTemplate(cache: string): Promise<string> {
  const template = join(cache, `pglite-${await pgliteVersion()}`);
  if (!existsSync(template)) await makeTemplate(cache, template);
  return template;
}

/** Puts a copy of the template where `openStore` looks for its database; one that is there is left alone. */
export async function copyPgliteTemplate(template: string, dataDir: string): Promise<void> {
  const cluster = join(dataDir, CLUSTER);
  if (existsSync(cluster)) return;
  const unfinished = `${cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(template, unfinished, { recursive: true });
  await rename(unfinished, cluster);
}

/** Beside its place, then renamed: another process may be making it too, and the first one to be done wins. */
async function makeTemplate(cache: string, template: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(`${template}.`);
  try {
    const made = join(folder, CLUSTER);
    const { initialise } = await import('./pglite.js');
    await initialise(made);
    await rename(made, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pgliteVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = await readFile(join(dirname(entry), '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
