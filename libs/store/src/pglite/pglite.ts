import { PGlite, types } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { drizzle } from 'drizzle-orm/pglite';
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Database, Schema } from '../database.js';
import { reasonOf, StoreUnavailableError, TransactionRolledBackError } from '../errors.js';
import { lockDirectory, type ExclusiveLock } from './exclusive-lock.js';
import { applyMigrations } from '../migrations/migrations.js';
import { pgliteClusterOf } from './pglite-folder.js';
import type { Connection } from '../store.js';

/**
 * Interval between two runs of the upkeep, in milliseconds. PGlite has no background processes. Without checkpoints, its
 * write-ahead log would grow forever, and a start after a kill would replay the whole log. For example, 100,000 rows of 300 bytes
 * produce a log of 60 MB. Without vacuum, the space of old row versions would not be reused. The upkeep takes 10 ms if there is
 * little to do.
 */
const UPKEEP_EVERY = 60_000;

/** SQLSTATE of a statement that follows a failed statement in the same transaction. */
const IN_FAILED_TRANSACTION = '25P02';

const options = {
  // Return the same values as the PostgreSQL driver. The driver returns a 64-bit integer as a string, because a JavaScript number
  // cannot represent every 64-bit integer.
  parsers: {
    [types.INT8]: (value: string) => value,
    [types.BYTEA]: (value: string) => Buffer.from(value.slice(2), 'hex'),
  },
  // Use write-ahead log files of 1 MB instead of 16 MB. Writing a file of 16 MB would take a quarter of the time of the first
  // opening.
  initDbStartParams: ['--wal-segsize=1'],
};

/**
 * Opens an embedded database and applies the missing migrations. Writes reach the operating system before a commit returns, so a
 * killed process loses no committed row. PGlite never calls fsync, so a power failure may lose the last writes.
 *
 * @throws StoreLockedError, StoreDirectoryError, StoreUnavailableError, MigrationError
 */
export async function openPglite<Tables extends Schema>(
  directory: string,
  schema: Tables,
  migrations: string,
): Promise<Connection<Tables>> {
  const lock = lockDirectory(directory);
  let client: PGlite | undefined;
  try {
    client = await openCluster(directory);
    const database = drizzle(client, { schema }) as unknown as Database<Tables>;
    database.transaction = reportingRollbacks(database);
    await database.transaction((tx) => applyMigrations(tx, migrations));
    return { db: database, place: `The database in ${directory}`, close: closing(client, lock) };
  } catch (error) {
    await client?.close().catch(() => undefined);
    lock.release();
    throw error;
  }
}

/**
 * Returns a `transaction` function. If a commit becomes a rollback, the function rejects with `TransactionRolledBackError`, as on
 * a server.
 */
function reportingRollbacks<Tables extends Schema>(db: Database<Tables>): Database<Tables>['transaction'] {
  const transaction = db.transaction.bind(db);
  return (work, config) =>
    transaction(work, config).catch((error: unknown) => {
      // Drizzle wraps the errors of statements, but not the error of a commit.
      throw (error as { code?: unknown }).code === IN_FAILED_TRANSACTION
        ? new TransactionRolledBackError({ cause: error })
        : error;
    });
}

function closing(client: PGlite, lock: ExclusiveLock): () => Promise<void> {
  const endUpkeep = keepUp(client);
  return async () => {
    endUpkeep();
    await client.close().finally(() => lock.release());
  };
}

async function openCluster(directory: string): Promise<PGlite> {
  const cluster = pgliteClusterOf(directory);
  try {
    if (!existsSync(cluster)) await initialise(cluster);
    return await PGlite.create(cluster, options);
  } catch (cause) {
    throw new StoreUnavailableError(
      `The database in ${directory} cannot be opened: ${reasonOf(cause)}. ` +
        'If you do not need its contents, remove the folder: the next start creates a new database.',
      { cause },
    );
  }
}

/**
 * Creates the database in another folder, and then renames the folder. A killed process therefore leaves no incomplete database.
 */
export async function initialise(cluster: string): Promise<void> {
  const unfinished = `${cluster}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await (await PGlite.create(unfinished, options)).close();
  renameSync(unfinished, cluster);
}

/** Runs vacuum and checkpoints periodically until the returned function is called. */
function keepUp(client: PGlite): () => void {
  const logger = new Logger('Store');
  const upkeep = async () => {
    await client.exec('vacuum');
    await client.exec('checkpoint');
  };
  const timer = setInterval(() => {
    upkeep().catch((error: unknown) => {
      if (!client.closed) logger.warn(`vacuum or checkpoint failed: ${reasonOf(error)}`);
    });
  }, UPKEEP_EVERY).unref();
  return () => clearInterval(timer);
}
