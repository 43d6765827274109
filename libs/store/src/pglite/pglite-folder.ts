import { join } from 'node:path';

/** Returns the folder of PGlite in a `dataDir`, beside the lock. Read it only while the service is stopped. */
export function pgliteClusterOf(dataDir: string): string {
  return join(dataDir, 'cluster');
}
