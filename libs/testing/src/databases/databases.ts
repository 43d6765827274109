import { openStore, type Schema, type Store, type StoreOptions } from '@cascade/store';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { generateMigrations } from './generated-migrations.js';
import { copyPgliteTemplate } from './embedded-database.js';

/** Where an empty database is, to be spread into the options of `openStore`. */
export type TestDatabase = Pick<StoreOptions, 'databaseUrl' | 'dataDir'>;

/** Databases for the specs of one file. What is opened here is closed, and every database removed, after the specs. */
export interface TestDatabases {
  /** An empty database of the spec's own. */
  create(): Promise<TestDatabase>;

  /** Folder of the migrations that drizzle-kit generates for a schema; the same one each time. */
  migrationsFor(schema: Schema): Promise<string>;

  /**
   * Opens a store.
   *
   * @param options.migrations Default those of {@link migrationsFor}.
   * @param options.database Default a new one.
   */
  open<Tables extends Schema>(options: {
    schema: Tables;
    migrations?: string;
    database?: TestDatabase;
  }): Promise<Store<Tables>>;
}

/** Where a database is, as a service reads it from its environment. */
export function databaseEnvironment({ databaseUrl, dataDir }: TestDatabase): NodeJS.ProcessEnv {
  return databaseUrl ? { DATABASE_URL: databaseUrl } : { DATA_DIR: dataDir };
}

/**
 * Has a database on a server take no writes, or take them again, as where its server is demoted to a standby: connections that
 * are open break, and new ones fail at a write with 25006.
 */
export async function setReadOnly(databaseUrl: string, readOnly: boolean): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await onServer(`alter database ${name} set default_transaction_read_only = ${readOnly}`);
  await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
}

type Specs = (databases: TestDatabases, kind: Store['kind']) => void;
type Undo = () => Promise<unknown>;

/**
 * Runs the same specs on PGlite and, where the run has a server (TEST_DATABASE_URL; Jest's global set-up starts one where
 * it can), on PostgreSQL.
 */
export function describeStores(specs: Specs): void {
  describeStore('pglite', specs);
  describePostgres(specs);
}

/** Runs the specs of what PGlite cannot show: several processes at one database, a server that goes away. */
export function describePostgres(specs: Specs): void {
  if (process.env['TEST_DATABASE_URL']) describeStore('postgres', specs);
}

function describeStore(kind: Store['kind'], specs: Specs): void {
  // Jest's globals rather than its package, which cannot be imported outside Jest; tools import the rest of this library.
  const { describe, afterAll } = globalThis as unknown as typeof import('@jest/globals');
  describe(`on ${kind}`, () => {
    const undo: Undo[] = [];
    specs(testDatabases(kind, undo), kind);
    afterAll(async () => {
      for (const step of undo.reverse()) await step();
    });
  });
}

function testDatabases(kind: Store['kind'], undo: Undo[]): TestDatabases {
  const generated = new Map<Schema, Promise<string>>();
  const databases: TestDatabases = {
    create: () => (kind === 'pglite' ? createEmbedded(undo) : createOnServer(undo)),
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
  const dataDir = await mkdtemp(join(tmpdir(), 'cascade-store-'));
  undo.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  await copyPgliteTemplate(dataDir);
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
