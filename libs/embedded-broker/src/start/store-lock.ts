import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** It comes without types. */
interface Locks {
  tryLock: (descriptor: number) => boolean;
}
const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as Locks;

/** Milliseconds that a broker which is just being stopped gets to let go of its store. */
const PATIENCE = 1_000;

/** An exclusive lock on a store. Whoever inherits the descriptor holds it too; it ends with the last holder. */
export interface StoreLock {
  readonly descriptor: number;
  release(): void;
}

/**
 * nats-server does not notice that another one writes to the same store, and the two would destroy each other's
 * streams.
 *
 * @throws StoreInUseError when another broker holds the store
 */
export async function lockStore(storeDir: string): Promise<StoreLock> {
  const descriptor = openSync(join(storeDir, 'lock'), 'a+');
  const deadline = Date.now() + PATIENCE;
  while (!tryLock(descriptor)) {
    if (Date.now() > deadline) {
      closeSync(descriptor);
      throw new StoreInUseError(storeDir);
    }
    await delay(50);
  }
  return { descriptor, release: () => closeSync(descriptor) };
}

/** Another broker runs on the store. */
export class StoreInUseError extends Error {
  /** For the tools: the message says all, no stack is needed. */
  readonly operational = true;

  constructor(readonly storeDir: string) {
    super(
      `Another broker runs on the store in ${storeDir}. Stop it first, or give this one a folder of its own.`,
    );
    this.name = 'StoreInUseError';
  }
}
