import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StoreDirectoryError, StoreLockedError } from '../errors.js';

const LOCK_FILE = 'lock';

/** Beyond the process id at the start of the file: on Windows a locked range cannot be read by others. */
const LOCKED_BYTE = 4096;

export interface ExclusiveLock {
  release(): void;
}

/**
 * Locks a folder, which is made where it is missing, for this process alone. The kernel holds the lock and drops it with
 * the process, also at kill -9; a file that merely exists would outlive its owner.
 *
 * @throws StoreLockedError where it is locked already, by this process too
 * @throws StoreDirectoryError where the folder cannot be made, written or locked
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
  // Closing ends the lock. The file stays: removing it would let two processes lock two files of one name.
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

/** Loaded here, so that a service on a PostgreSQL server needs no native module. The package has no types. */
function lock(file: number): boolean {
  const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as {
    tryLock: (file: number, offset: number, length: number) => boolean;
  };
  return tryLock(file, LOCKED_BYTE, 1);
}
