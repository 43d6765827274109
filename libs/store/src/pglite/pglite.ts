import { PGlite, types } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import { drizzle } from 'drizzle-orm/pglite';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Schema } from '../database.js';
import { reasonOf, StoreUnavailableError, TransactionRolledBackError } from '../errors.js';
import { lockDirectory, type ExclusiveLock } from './exclusive-lock.js';
import { applyMigrations } from '../migrations/migrations.js';
import { CLUSTER } from './pglite-folder.js';
import type { Connection } from '../store.js';

/**
 * Milliseconds. PGlite has none of PostgreSQL's background processes: without checkpoints its log grows by all that is ever
 * written, and a killed process replays the whole of it at its next start (measured: 60 MB for 100,000 rows of 300 bytes);
 * without vacuum the room of old row versions is never used again. Both take 10 ms where there is little to do.
 */
const UPKEEP_EVERY = 60_000;

/** SQLSTATE. */
const IN_FAILED_TRANSACTION = '25P02';

const options = {
  // The values of the PostgreSQL driver, which gives 64-bit integers as text for want of a number that holds them.
  parsers: {
    [types.INT8]: (value: string) => value,
    [types.BYTEA]: (value: string) => Buffer.from(value.slice(2), 'hex'),
  },
  // Log files of 1 MB for 16: a quarter of the first opening's time goes into writing the first one.
  initDbStartParams: ['--wal-segsize=1'],
};

/**
 * Its writes reach the operating system before a commit answers, so that a killed process loses none; PGlite never
 * calls fsync, so that a power cut may.
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

/** The same error as on a server for a commit that became a rollback. */
function reportingRollbacks<Tables extends Schema>(db: Database<Tables>): Database<Tables>['transaction'] {
  const transaction = db.transaction.bind(db);
  return (work, config) =>
    transaction(work, config).catch((error: unknown) => {
      // A statement's own error comes wrapped by Drizzle: this one is of the commit.
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
  const cluster = join(directory, CLUSTER);
  try {
    if (!existsSync(cluster)) await initialise(cluster);
    return await PGlite.create(cluster, options);
  } catch (cause) {
    throw new StoreUnavailableError(
      `The database in ${directory} cannot be opened: ${reasonOf(cause)}. ` +
        'Where its contents do not matter, remove the folder: it is made afresh.',
      { cause },
    );
  }
}

/** Beside its place, then renamed: of a process that is killed in between, the next finds nothing rather than half a database. */
export async function initialise(cluster: string): Promise<void> {
  const unfinished = `${cluster}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await (await PGlite.create(unfinished, options)).close();
  renameSync(unfinished, cluster);
}

/** @returns The way to end it. */
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
