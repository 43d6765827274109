import { join } from 'node:path';

/**
 * Returns PGlite's folder inside a `dataDir`. The `dataDir` also contains the lock file. Read the folder only while the service
 * is stopped.
 */
export function pgliteClusterOf(dataDir: string): string {
  return join(dataDir, 'cluster');
}
