import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StoreDirectoryError, StoreLockedError } from '../errors.js';

const LOCK_FILE = 'lock';

/**
 * Position of the locked byte. The process id is stored before this position, because Windows lets no other process read a locked
 * range.
 */
const LOCKED_BYTE = 4096;

export interface ExclusiveLock {
  release(): void;
}

/**
 * Locks a folder for this process, and creates the folder if it is missing. The kernel holds the lock and releases it when the
 * process ends, even after `kill -9`. A lock file without a kernel lock would outlive its owner.
 *
 * @throws StoreLockedError if this process or another process has already locked the folder
 * @throws StoreDirectoryError if the folder cannot be created, written to or locked
 */
export function lockDirectory(directory: string): ExclusiveLock {
  const path = join(directory, LOCK_FILE);
  const file = openLockFile(directory, path);
  try {
    if (!lock(file)) throw new StoreLockedError(directory, ownerOf(path));
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n`);
  } catch (cause) {
    closeSync(file);
    throw cause instanceof StoreLockedError ? cause : new StoreDirectoryError(directory, cause);
  }
  // Closing the file releases the lock. If the file were also removed, two processes could lock two files with the same name.
  return { release: () => closeSync(file) };
}

function openLockFile(directory: string, path: string): number {
  try {
    mkdirSync(directory, { recursive: true });
    return openSync(path, 'a+');
  } catch (cause) {
    throw new StoreDirectoryError(directory, cause);
  }
}

function ownerOf(path: string): number | undefined {
  return Number.parseInt(readFileSync(path, 'utf8'), 10) || undefined;
}

/**
 * Returns false if the byte is already locked. Loads the native module on first use, because a service on a PostgreSQL server
 * does not need the module. The package has no types.
 */
function lock(file: number): boolean {
  const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as {
    tryLock: (file: number, offset: number, length: number) => boolean;
  };
  return tryLock(file, LOCKED_BYTE, 1);
}
