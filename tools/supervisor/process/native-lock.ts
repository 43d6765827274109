import { createRequire } from 'node:module';

/**
 * Locks a file or a range of it; returns false if another process holds the lock. The kernel releases the lock when the descriptor
 * is closed, and so when the process ends, even by kill -9. The package has no types.
 */
export const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as {
  tryLock: (descriptor: number, offset?: number, length?: number) => boolean;
};
