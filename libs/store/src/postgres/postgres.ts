import { Logger } from '@nestjs/common';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Database, Schema } from '../database.js';
import { codeOf, MigrationError, reasonOf, StoreUnavailableError } from '../errors.js';
import { runLocked } from '../migrations/migration-lock.js';
import { applyMigrations } from '../migrations/migrations.js';
import type { Connection } from '../store.js';
import { transactions } from './transactions.js';

const connecting = {
  application_name: 'cascade',
  /**
   * Timeout of a connection attempt, in milliseconds. The timeout is short, so that a request fails while its caller still waits.
   */
  connectionTimeoutMillis: 2_000,
  keepAlive: true,
  /** Sets the time zone of the session, in which PostgreSQL returns times as text. The embedded database also uses UTC. */
  options: '-c TimeZone=UTC',
};

/** Default size of the pool. */
const CONNECTIONS = 10;

const pooled = {
  /** Sends statements without waiting for the results of earlier statements (ADR 12). */
  pipeline: true,
  idleTimeoutMillis: 30_000,
  /** The server ends a statement after 10 s. The client gives up after 12 s, in case the server has disappeared. */
  statement_timeout: 10_000,
  query_timeout: 12_000,
  idle_in_transaction_session_timeout: 30_000,
};

const REMEDIES: Record<string, string> = {
  '28P01': 'Correct the user or the password in DATABASE_URL.',
  '28000': 'Correct the user in DATABASE_URL, or allow it in pg_hba.conf.',
  '3D000': 'Create it with createdb, or correct DATABASE_URL.',
};
const REMEDY = 'Check that the server runs and that DATABASE_URL is right.';

interface PostgresOptions<Tables extends Schema> {
  databaseUrl: string;
  schema: Tables;
  /** Folder with the migrations. */
  migrations: string;
  connections?: number | undefined;
}

/** @throws StoreUnavailableError, MigrationError */
export async function openPostgres<Tables extends Schema>({
  databaseUrl,
  schema,
  migrations,
  connections = CONNECTIONS,
}: PostgresOptions<Tables>): Promise<Connection<Tables>> {
  const client = newClient(databaseUrl);
  const place = `PostgreSQL at ${client.host}:${client.port}/${client.database}`;
  await migrateAlone(client, place, migrations);
  const pool = openPool(databaseUrl, place, connections);
  return { db: poolDatabase(pool, schema), place, close: () => pool.end() };
}

function newClient(databaseUrl: string): pg.Client {
  try {
    const { protocol, pathname } = new URL(databaseUrl);
    // A slash in the password would end the host. The rest of the password would then be read as the name of the database.
    if (!/^postgres(ql)?:$/.test(protocol) || pathname.includes('@')) throw new TypeError('not of the form');
    return new pg.Client({ ...connecting, connectionString: databaseUrl });
  } catch {
    // The message contains neither the URL nor the error, because both may contain a password.
    throw new StoreUnavailableError(
      'DATABASE_URL is not of the form postgres://user:password@host:port/database. ' +
        'Characters such as @ : / # % in the password must be percent-encoded.',
    );
  }
}

/** Migrates on a separate connection, because the timeouts of the pool are too short for migrations. */
async function migrateAlone(client: pg.Client, place: string, folder: string): Promise<void> {
  // Without a listener, a broken connection would end the process. The statement in flight fails anyway.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const db = drizzle(client) as unknown as Database;
    await runLocked(db, place, (tx) => applyMigrations(tx, folder));
  } catch (cause) {
    if (cause instanceof MigrationError) throw cause;
    const remedy = REMEDIES[codeOf(cause) ?? ''] ?? REMEDY;
    throw new StoreUnavailableError(`${place} cannot be opened: ${reasonOf(cause)}. ${remedy}`, { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function openPool(databaseUrl: string, place: string, max: number): pg.Pool {
  const pool = new pg.Pool({ ...connecting, ...pooled, max, connectionString: databaseUrl });
  // The pool does not listen for errors while a transaction holds a connection. An error without a listener would end the
  // process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const logger = new Logger('Store');
  pool.on('error', (error) => logger.warn(`${place} closed an idle connection: ${reasonOf(error)}`));
  return pool;
}

function poolDatabase<Tables extends Schema>(pool: pg.Pool, schema: Tables): Database<Tables> {
  const db = drizzle(pool, { schema }) as unknown as Database<Tables>;
  db.transaction = transactions(pool, schema);
  return db;
}
