import { createRequire } from 'node:module';

/**
 * Locks a range of a file, or all of it, and says whether it could. The kernel holds the lock until the descriptor is
 * closed, which the end of the process does too, also by kill -9. The package comes without types.
 */
export const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as {
  tryLock: (descriptor: number, offset?: number, length?: number) => boolean;
};
