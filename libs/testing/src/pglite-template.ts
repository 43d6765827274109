import { openStore } from '@app/store';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { generateMigrations } from './generated-migrations.js';

/** Makes an embedded database by copying one: an empty folder takes 2 to 4 s at its first opening. */
export async function copyPgliteTemplate(dataDir: string): Promise<void> {
  await cp(await pgliteTemplate(), dataDir, { recursive: true });
}

/** Made once for each version of PGlite and kept in the project's cache. */
async function pgliteTemplate(): Promise<string> {
  const cache = join(projectFolder(), '.cache');
  const template = join(cache, `pglite-${await pgliteVersion()}`);
  if (!existsSync(template)) await makeTemplate(cache, template);
  return template;
}

/** Beside its place, then renamed: another Jest worker may be making it too, and the first one to be done wins. */
async function makeTemplate(cache: string, template: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const dataDir = await mkdtemp(`${template}.`);
  const migrations = await generateMigrations({});
  try {
    await (await openStore({ schema: {}, migrations, dataDir })).close();
    await rename(dataDir, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
  } finally {
    await Promise.all([dataDir, migrations].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

async function pgliteVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = await readFile(join(dirname(entry), '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'nest-cli.json'))) folder = dirname(folder);
  return folder;
}
