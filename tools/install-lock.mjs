import { mkdir, readFile, rename, rm, writeFile, link } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while no other process on this machine runs its own under the same file.
 * Plain files and process ids, because nothing is installed yet; the lock of a process that is gone is taken over.
 */
export async function withLock(file, work) {
  await acquire(file);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file) {
  await mkdir(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, String(process.pid));
  try {
    let told = false;
    while (!(await createExclusively(mine, file)) && !(await takeOverFromTheDead(mine, file))) {
      if (!told) process.stderr.write(`Waiting for another install to end (its process id is in ${file}).\n`);
      told = true;
      await sleep(200);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Linking a finished file, unlike creating one, never shows others a lock without its owner's id. */
async function createExclusively(mine, file) {
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

async function takeOverFromTheDead(mine, file) {
  const owner = await readOwner(file);
  if (owner === undefined || isAlive(owner)) return false;
  await rename(mine, file);
  await writeFile(mine, String(process.pid));
  // Two may see the same dead owner: the last to rename wins, and the pause lets the other one see that.
  await sleep(100);
  return (await readOwner(file)) === process.pid;
}

async function readOwner(file) {
  const content = await readFile(file, 'utf8').catch(() => '');
  return /^\d+$/.test(content) ? Number(content) : undefined;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
