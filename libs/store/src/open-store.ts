import { resolve } from 'node:path';
import type { Schema } from './database.js';
import { assertMigrations } from './migrations/migrations.js';
import { Store } from './store.js';

export interface StoreOptions<Tables extends Schema = Schema> {
  /** The service's tables: `import * as schema from './schema.js'`. */
  schema: Tables;
  /** Folder of the migrations that drizzle-kit wrote, absolute: see `findMigrations`. */
  migrations: string;
  /**
   * `postgres://user:password@host:port/database`. What stands behind its `?` wins over the limits in `postgres.ts`:
   * `?statement_timeout=60000&application_name=signup`. Without it the database is embedded, in `dataDir`.
   */
  databaseUrl?: string | undefined;
  /** Folder of the embedded database, made where it is missing; relative to the working directory. */
  dataDir: string;
  /**
   * Connections to a server that the service opens at most; default 10. Each transaction has one for as long as it lasts: see
   * `connectionsFor` of `@cascade/outbox`. The embedded database has one session.
   */
  connections?: number | undefined;
}

/**
 * Opens a service's database and brings it up to date. An embedded one is this process's alone until it is closed; on a
 * server, replicas that start together migrate one after the other.
 *
 * The first opening of an empty `dataDir` takes 2 to 4 s, later ones 0.3 s.
 *
 * @throws StoreLockedError where another process has the `dataDir` open
 * @throws StoreDirectoryError where the `dataDir` cannot be made or written
 * @throws StoreUnavailableError where the server does not answer or lets nobody in, or the `dataDir` holds no usable database
 * @throws MigrationsNotFoundError, MigrationError
 */
export async function openStore<Tables extends Schema>(
  options: StoreOptions<Tables>,
): Promise<Store<Tables>> {
  const { schema, databaseUrl, connections } = options;
  const migrations = resolve(options.migrations);
  assertMigrations(migrations);
  // Each driver is loaded only where it is used: together they take a fifth of a second of a start.
  if (databaseUrl) {
    const { openPostgres } = await import('./postgres/postgres.js');
    return new Store('postgres', await openPostgres({ databaseUrl, schema, migrations, connections }));
  }
  const { openPglite } = await import('./pglite/pglite.js');
  return new Store('pglite', await openPglite(resolve(options.dataDir), schema, migrations));
}
