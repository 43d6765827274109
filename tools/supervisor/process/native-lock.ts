import { createRequire } from 'node:module';

/**
 * Locks a file, or a range of a file. Returns false if another process holds the lock. The kernel releases the lock when the
 * descriptor is closed. A process closes its descriptors when it ends, even by kill -9. The type is declared here, because the
 * package has no types.
 */
export const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as {
  tryLock: (descriptor: number, offset?: number, length?: number) => boolean;
};
