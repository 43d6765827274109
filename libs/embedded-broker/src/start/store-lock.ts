import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Type declaration for `fs-native-extensions`, which contains no types. */
interface Locks {
  tryLock: (descriptor: number) => boolean;
}
const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as Locks;

/** Time that a stopping broker gets to release its store, in milliseconds. */
const LOCK_TIMEOUT_MS = 1_000;

/** Exclusive lock on a store. A process that inherits the descriptor also holds the lock. The last holder releases the lock. */
export interface StoreLock {
  readonly descriptor: number;
  release(): void;
}

/**
 * Locks a store. Without the lock, two servers on the same store would not notice each other, and would destroy each other's
 * streams.
 *
 * @throws StoreInUseError if another broker holds the lock
 */
export async function lockStore(storeDir: string): Promise<StoreLock> {
  const descriptor = openSync(join(storeDir, 'lock'), 'a+');
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  while (!tryLock(descriptor)) {
    if (Date.now() > deadline) {
      closeSync(descriptor);
      throw new StoreInUseError(storeDir);
    }
    await delay(50);
  }
  return { descriptor, release: () => closeSync(descriptor) };
}

/** Thrown if another broker uses the store. */
export class StoreInUseError extends Error {
  /** Instructs the command line tools to print the message without the stack. */
  readonly operational = true;

  constructor(readonly storeDir: string) {
    super(
      `Another broker runs on the store in ${storeDir}. Stop it first, or give this broker another folder.`,
    );
    this.name = 'StoreInUseError';
  }
}
