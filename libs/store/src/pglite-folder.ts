/** Name of the embedded database's own folder below the `dataDir`, beside the lock. */
export const CLUSTER = 'cluster';
