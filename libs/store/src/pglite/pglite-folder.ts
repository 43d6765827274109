import { join } from 'node:path';

/**
 * Returns the folder of PGlite in a `dataDir`, which also contains the lock file. Read the folder only while the service is
 * stopped.
 */
export function pgliteClusterOf(dataDir: string): string {
  return join(dataDir, 'cluster');
}
