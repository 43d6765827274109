import { mkdir, readFile, rename, rm, writeFile, link } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while this process holds the lock `file`. Waits while another process holds the lock, and takes over the lock of a
 * dead process. The lock uses only plain files and process ids, because no package is installed yet.
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
    let isReported = false;
    while (!(await createExclusively(mine, file)) && !(await takeOverFromTheDead(mine, file))) {
      if (!isReported)
        process.stderr.write(`Waiting for another install to end (its process id is in ${file}).\n`);
      isReported = true;
      await sleep(200);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Creates the lock as a link to a finished file. Therefore, no process ever reads a lock without its owner's id. */
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
  // Two processes may find the same dead owner, and both replace the lock. After the pause, only the last process finds its own
  // id.
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
