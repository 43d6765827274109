import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pgliteClusterOf } from './pglite-folder.js';

/**
 * Returns the folder of the template, which is an empty embedded database to copy. The template is created once for each version
 * of PGlite. Opening an empty folder takes 2 to 4 s of CPU time, whereas opening a copy takes 0.1 s.
 *
 * @param cache Folder in which the template is kept.
 */
export async function pgliteTemplate(cache: string): Promise<string> {
  const template = join(cache, `pglite-${await pgliteVersion()}`);
  if (!existsSync(template)) await makeTemplate(cache, template);
  return template;
}

/** Copies the template to the place where `openStore` looks for its database. Keeps an existing database. */
export async function copyPgliteTemplate(template: string, dataDir: string): Promise<void> {
  const cluster = pgliteClusterOf(dataDir);
  if (existsSync(cluster)) return;
  const unfinished = `${cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(template, unfinished, { recursive: true });
  await rename(unfinished, cluster);
}

/**
 * Creates the template in another folder, and then renames the folder. If several processes create a template at the
 * same time, the first template is kept.
 */
async function makeTemplate(cache: string, template: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(`${template}.`);
  try {
    const made = pgliteClusterOf(folder);
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
