import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { compareVersions, versionIn } from '../version.js';
import { type NatsServer, refuseTooOld, versionOf } from './nats-server.js';
import { type Search, StepFailedError } from './step.js';

export const EXECUTABLE = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';

/**
 * Returns the folder `CASCADE_CACHE`. If the variable is not set, returns the folder `.cache` next to the nearest `nest-cli.json`
 * in or above `from`.
 *
 * @throws Error if `CASCADE_CACHE` is not set and no `nest-cli.json` is found
 */
export function cacheFolder(env: NodeJS.ProcessEnv, from: string = import.meta.dirname): string {
  if (env['CASCADE_CACHE']) return resolve(env['CASCADE_CACHE']);
  for (let folder = from; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nest-cli.json'))) return join(folder, '.cache');
  }
  throw new Error(
    `No nest-cli.json above ${from}, so there is no cache folder: set CASCADE_CACHE to a folder.`,
  );
}

/**
 * Runs the step "cache", which takes the newest copy in `.cache/nats-server/<version>/`. Earlier downloads and packages are
 * stored there.
 */
export async function findCached({ cacheDir }: Search): Promise<NatsServer> {
  const folder = join(cacheDir, 'nats-server');
  const copies = (await readdir(folder).catch((): string[] => []))
    .filter((name) => versionIn(name) === name && existsSync(join(folder, name, EXECUTABLE)))
    .sort(compareVersions);
  const newest = copies.at(-1);
  if (!newest) throw new StepFailedError(`nothing in ${folder} yet`, { expected: true });

  const command = join(folder, newest, EXECUTABLE);
  const version = await versionOf(command);
  refuseTooOld(version, command);
  return { from: 'cache', version, command };
}

/**
 * Adds a copy to the cache. `fill` puts an executable into the given empty folder, and returns the path of the executable. The
 * version of the executable is checked, and the executable is moved to its final path. Other processes therefore never see an
 * incomplete copy, even if several processes add a copy at the same time. The temporary folder is always removed.
 */
export async function addToCache(
  { cacheDir }: Search,
  fill: (folder: string) => Promise<string>,
): Promise<{ version: string; command: string }> {
  await mkdir(join(cacheDir, 'nats-server'), { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'nats-server', '.unpacking-'));
  try {
    const unpacked = await fill(folder);
    await chmod(unpacked, 0o755);
    const version = await versionOf(unpacked);
    refuseTooOld(version, unpacked);
    const command = join(cacheDir, 'nats-server', version, EXECUTABLE);
    await mkdir(dirname(command), { recursive: true });
    await rename(unpacked, command);
    return { version, command };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
