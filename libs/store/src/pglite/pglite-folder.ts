import { join } from 'node:path';

/** Name of the embedded database's own folder below the `dataDir`, beside the lock. */
export const CLUSTER = 'cluster';

/** Where PGlite keeps the database of a service, to be read while the service is stopped. */
export function pgliteClusterOf(dataDir: string): string {
  return join(dataDir, CLUSTER);
}
