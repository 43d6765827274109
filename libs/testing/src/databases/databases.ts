import { openStore, type Schema, type Store, type StoreOptions } from '@cascade/store';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { generateMigrations } from './generated-migrations.js';
import { createEmbeddedDatabase } from './embedded-database.js';

/** Location of a database for a test, in the form of the options of `openStore`. */
export type TestDatabase = Pick<StoreOptions, 'databaseUrl' | 'dataDir'>;

/** Databases for the specs of one file. After the specs, stores are closed and databases are removed. */
export interface TestDatabases {
  /** Creates an empty database. */
  create(): Promise<TestDatabase>;

  /** Creates an empty database. Returns its location and the folder of {@link migrationsFor}. */
  createFor(schema: Schema): Promise<TestDatabase & { migrations: string }>;

  /** Returns the folder of the migrations that drizzle-kit generates for a schema. A schema always gets the same folder. */
  migrationsFor(schema: Schema): Promise<string>;

  /**
   * Opens a store.
   *
   * @param options.migrations Folder of the migrations. Default: the folder that {@link migrationsFor} returns.
   * @param options.database Database to open. Default: a new database.
   */
  open<Tables extends Schema>(options: {
    schema: Tables;
    migrations?: string;
    database?: TestDatabase;
  }): Promise<Store<Tables>>;
}

/** Returns the environment variables by which a service finds the database. */
export function databaseEnvironment({ databaseUrl, dataDir }: TestDatabase): NodeJS.ProcessEnv {
  return databaseUrl ? { DATABASE_URL: databaseUrl } : { DATA_DIR: dataDir };
}

/**
 * Makes a database on a server read-only or writable, to simulate the demotion of the server to a standby. Open connections
 * break. While the database is read-only, writes on new connections fail with 25006.
 */
export async function setReadOnly(databaseUrl: string, readOnly: boolean): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await onServer(`alter database ${name} set default_transaction_read_only = ${readOnly}`);
  await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
}

type Specs = (databases: TestDatabases, kind: Store['kind'], isFastest: boolean) => void;
type Undo = () => Promise<unknown>;

/**
 * Runs the same specs on PGlite and on PostgreSQL. Jest's global set-up starts a PostgreSQL server and sets TEST_DATABASE_URL.
 * Without a server, the specs run only on PGlite. `isFastest` is true on PostgreSQL, and on PGlite only if there is no server. Specs
 * that do not depend on the store run only if `isFastest` is true, because opening PGlite takes seconds inside Jest.
 */
export function describeStores(specs: Specs): void {
  describeStore('pglite', specs);
  describePostgres(specs);
}

/**
 * Runs specs only on PostgreSQL. Use this function for specs that need several processes on one database, or outages of the
 * server.
 */
export function describePostgres(specs: Specs): void {
  if (process.env['TEST_DATABASE_URL']) describeStore('postgres', specs);
}

function describeStore(kind: Store['kind'], specs: Specs): void {
  // Uses the global functions of Jest, because tools import this library outside Jest. `@jest/globals` can be imported only
  // inside Jest.
  const { describe, afterAll } = globalThis as unknown as typeof import('@jest/globals');
  describe(`on ${kind}`, () => {
    const undo: Undo[] = [];
    specs(testDatabases(kind, undo), kind, kind === 'postgres' || !process.env['TEST_DATABASE_URL']);
    afterAll(async () => {
      for (const step of undo.reverse()) await step();
    });
  });
}

function testDatabases(kind: Store['kind'], undo: Undo[]): TestDatabases {
  const generated = new Map<Schema, Promise<string>>();
  const databases: TestDatabases = {
    create: () => (kind === 'pglite' ? createEmbedded(undo) : createOnServer(undo)),
    createFor: async (schema) => ({
      ...(await databases.create()),
      migrations: await databases.migrationsFor(schema),
    }),
    migrationsFor(schema) {
      const migrations = generated.get(schema) ?? temporaryMigrations(schema, undo);
      generated.set(schema, migrations);
      return migrations;
    },
    async open({ schema, migrations, database }) {
      const store = await openStore({
        ...(database ?? (await databases.create())),
        schema,
        migrations: migrations ?? (await databases.migrationsFor(schema)),
      });
      undo.push(() => store.close());
      return store;
    },
  };
  return databases;
}

async function createEmbedded(undo: Undo[]): Promise<TestDatabase> {
  const { dataDir, remove } = await createEmbeddedDatabase();
  undo.push(remove);
  return { dataDir };
}

async function createOnServer(undo: Undo[]): Promise<TestDatabase> {
  const name = `spec_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
  undo.push(() => onServer(`drop database ${name} with (force)`));
  const url = new URL(serverUrl());
  url.pathname = name;
  return { databaseUrl: url.href, dataDir: '' };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  return process.env['TEST_DATABASE_URL'] ?? '';
}

async function temporaryMigrations(schema: Schema, undo: Undo[]): Promise<string> {
  const folder = await generateMigrations(schema);
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
