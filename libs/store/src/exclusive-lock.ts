import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StoreDirectoryError, StoreLockedError } from './errors.js';

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
 * @throws StoreDirectoryError where the folder cannot be made or written
 */
export function lockDirectory(directory: string): ExclusiveLock {
  const path = join(directory, LOCK_FILE);
  const file = openLockFile(directory, path);
  try {
    if (!nativeLocks().tryLock(file, LOCKED_BYTE, 1)) throw new StoreLockedError(directory, ownerOf(path));
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n`);
  } catch (error) {
    closeSync(file);
    throw error;
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

/** The package has no types. Loaded here, so that a service on a PostgreSQL server needs no native module. */
function nativeLocks(): { tryLock(file: number, offset: number, length: number): boolean } {
  return createRequire(import.meta.url)('fs-native-extensions') as ReturnType<typeof nativeLocks>;
}
