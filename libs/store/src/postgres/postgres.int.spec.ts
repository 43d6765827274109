import { describePostgres, eventually } from '@cascade/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import pg from 'pg';
import { migrations, notes } from '../../test/notes.js';
import { startPostgresProxy, type PostgresProxy } from '../../test/postgres-proxy.js';
import { startTransactionPooler } from '../../test/transaction-pooler.js';
import type { Database } from '../database.js';
import { StoreUnavailableError } from '../errors.js';
import { MIGRATION_LOCK } from '../migrations/migration-lock.js';
import { openStore } from '../open-store.js';
import type { Store } from '../store.js';

const POOL_SIZE = 10;
const ignore = (): void => undefined;

const PASSWORD = 'correct-horse';

describe('a server that cannot be opened', () => {
  it.each([
    ['another form', `host=db user=u password=${PASSWORD}`],
    ['another database', `mysql://u:${PASSWORD}@db/x`],
    ['a password that is not encoded', `postgres://u:${PASSWORD}/1@db/x`],
    ['a password that looks like a port', `postgres://u:12/${PASSWORD}@db/x`],
  ])('is refused if its URL has %s, and the URL is not printed', async (_, databaseUrl) => {
    await expectRefusal(
      databaseUrl,
      /DATABASE_URL is not of the form postgres:\/\/user:password@host:port\/database/,
    );
  });

  it('is named with host, port and database if nothing listens there', async () => {
    const port = await unusedPort();
    await expectRefusal(
      `postgres://u:${PASSWORD}@127.0.0.1:${port}/signup`,
      new RegExp(`^PostgreSQL at 127\\.0\\.0\\.1:${port}/signup cannot be opened: connect ECONNREFUSED`),
    );
  });

  it('is given up after 2 s if it does not answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      const start = Date.now();
      await expectRefusal(
        `postgres://u:${PASSWORD}@127.0.0.1:${port}/signup`,
        /cannot be opened: timeout expired/,
      );
      expect(Date.now() - start).toBeLessThan(4_000);
    } finally {
      silent.close();
    }
  });
});

describePostgres((databases) => {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(new ConsoleLogger()));

  let proxy: PostgresProxy;
  let store: Store<{ notes: typeof notes }>;
  afterEach(async () => {
    await proxy?.stop();
  });

  async function openThroughProxy(): Promise<void> {
    const { databaseUrl = '', dataDir } = await databases.create();
    proxy = await startPostgresProxy(databaseUrl);
    store = await databases.open({
      schema: { notes },
      migrations,
      database: { databaseUrl: proxy.url, dataDir },
    });
  }

  it('refuses a wrong password without printing it', async () => {
    const { databaseUrl = '' } = await databases.create();
    const url = new URL(databaseUrl);
    url.password = PASSWORD;
    await expectRefusal(
      url.href,
      /password authentication failed for user .* Correct the user or the password/,
    );
  });

  it('says that the database is missing', async () => {
    const { databaseUrl = '' } = await databases.create();
    await expectRefusal(`${databaseUrl}_not`, /database "spec_\w+_not" does not exist\. Create it/);
  });

  it('migrates once when replicas start together', async () => {
    const database = await databases.create();
    const replicas = await Promise.all(
      Array.from({ length: 5 }, () => databases.open({ schema: { notes }, migrations, database })),
    );
    await Promise.all(replicas.map(({ db }, id) => db.insert(notes).values({ id, text: `replica ${id}` })));
    expect(await replicas[0]?.db.$count(notes)).toBe(5);
    const applied = await replicas[0]?.db.execute(sql`select from drizzle.__drizzle_migrations`);
    expect(applied?.rowCount).toBe(1);
  });

  it('migrates once when replicas start together behind a pooler in transaction mode', async () => {
    const { databaseUrl = '', dataDir } = await databases.create();
    const pooler = await startTransactionPooler(databaseUrl);
    try {
      const database = { databaseUrl: pooler.url, dataDir };
      const open = () => databases.open({ schema: { notes }, migrations, database });
      const [first, second] = await Promise.all([open(), open()]);
      await first.db.transaction((tx) => tx.insert(notes).values({ id: 1, text: 'from one replica' }));
      expect(await second.db.$count(notes)).toBe(1);
    } finally {
      await pooler.stop();
    }
  });

  it('logs the process that is migrating, and the start of its transaction, while it waits', async () => {
    const database = await databases.create();
    const other = new pg.Client({
      connectionString: database.databaseUrl,
      application_name: 'the other replica',
    });
    await other.connect();
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    Logger.overrideLogger({ log: ignore, error: ignore, warn });
    try {
      await other.query(`begin; select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
      const opening = databases.open({ schema: { notes }, migrations, database });
      const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
      const pid = String(rows[0]?.pid);
      await eventually(() => expect(warnings).toHaveLength(1));
      expect(warnings[0]).toMatch(
        new RegExp(
          `^PostgreSQL at .+ is being migrated by another process \\(server process ${pid}, the other replica, from 127.*` +
            `since .+ select pg_terminate_backend\\(${pid}\\)\\)\\. Waiting since .+Z\\.$`,
        ),
      );
      await other.query('rollback');
      expect(await (await opening).db.$count(notes)).toBe(0);
    } finally {
      Logger.overrideLogger(false);
      await other.end();
    }
  });

  it('keeps its connections usable when the server closes them under transactions', async () => {
    await openThroughProxy();
    for (let i = 0; i <= POOL_SIZE; i++) {
      const cut = store.db.transaction((tx) =>
        tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`),
      );
      await expect(cut).rejects.toThrow();
    }
    await expect(store.ready()).resolves.toBeUndefined();
  });

  it('keeps its connections usable when they break at the beginning of transactions', async () => {
    await openThroughProxy();
    proxy.breakOn((sent) => sent.includes('begin'));
    for (let i = 0; i <= POOL_SIZE; i++) {
      await expect(store.db.transaction((tx) => tx.execute(sql`select 1`))).rejects.toThrow();
    }
    proxy.breakOn(() => false);
    await expect(store.db.transaction((tx) => tx.execute(sql`select 1`))).resolves.toBeDefined();
  });

  describe('that no longer takes writes, like a demoted server', () => {
    /** Makes only one connection read-only, as if the other connections led to the new primary. */
    const demote = (tx: Database) => tx.execute(sql`set session characteristics as transaction read only`);
    let db: Database<{ notes: typeof notes }>;
    beforeEach(async () => {
      store = await databases.open({ schema: { notes }, migrations });
      db = store.db;
      await db.transaction(demote);
    });

    it.each([undefined, { isolationLevel: 'serializable' } as const])(
      'drops the connection on which a transaction cannot write, with the settings %p',
      async (settings) => {
        const write = (id: number) =>
          db.transaction((tx) => tx.insert(notes).values({ id, text: `note ${id}` }), settings);
        await expect(write(1)).rejects.toMatchObject({ cause: { code: '25006' } });
        await expect(write(2)).resolves.toBeDefined();
      },
    );

    it('drops the connection on which a write fails', async () => {
      const write = (id: number) => db.insert(notes).values({ id, text: `note ${id}` });
      await expect(write(1)).rejects.toMatchObject({ cause: { code: '25006' } });
      await expect(write(2)).resolves.toBeDefined();
    });

    it('is not ready, and drops the connection of the check', async () => {
      await expect(store.ready()).rejects.toThrow(/is not available: it accepts no writes/);
      await expect(store.ready()).resolves.toBeUndefined();
    });
  });

  it('is not ready after a second if the network does not answer', async () => {
    await openThroughProxy();
    await store.ready();
    proxy.swallow();
    const start = Date.now();
    await expect(store.ready()).rejects.toThrow(/is not available: no answer within 1000 ms/);
    expect(Date.now() - start).toBeLessThan(2_000);
  });
});

async function expectRefusal(databaseUrl: string, message: RegExp): Promise<void> {
  const error: unknown = await openStore({ schema: {}, migrations, databaseUrl, dataDir: '' }).then(
    (store) => store.close(),
    (refusal: unknown) => refusal,
  );
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect((error as Error).message).toMatch(message);
  expect(inspect(error, { depth: 10 })).not.toContain(PASSWORD);
}

async function unusedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
