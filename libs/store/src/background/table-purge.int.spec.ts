import { describeStores, eventually, type TestDatabase } from '@cascade/testing';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { count, sql } from 'drizzle-orm';
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { Store } from '../store.js';
import { StoreModule } from '../store.module.js';
import { TablePurge, type TablePurgeOptions } from './table-purge.js';

const DAY = 24 * 60 * 60 * 1_000;

const letters = pgTable('letters', { text: text().notNull(), readAt: timestamp('read_at') });
const schema = { letters };
const options = { column: letters.readAt, keepFor: DAY, name: 'letters that were read', every: 50 };

const ignore = () => undefined;

@Module({})
class LettersModule {}

describeStores((databases, kind) => {
  let database: TestDatabase;
  let store: Store<typeof schema>;
  let lines: unknown[];
  const purges: TablePurge[] = [];
  beforeAll(async () => {
    database = await databases.create();
    store = await databases.open({ schema, database });
  });
  beforeEach(async () => {
    await store.db.delete(letters);
    lines = [];
    const record = (message: unknown) => void lines.push(message);
    Logger.overrideLogger({ log: record, warn: record, error: record });
  });
  afterEach(async () => {
    await Promise.all(purges.splice(0).map((purge) => purge.stop()));
    Logger.overrideLogger(new ConsoleLogger());
  });

  const fill = async (much: number, on = store) => {
    await on.db.execute(sql`insert into letters (text, read_at)
      select 'old', now() - interval '2 days' from generate_series(1, ${much}) union all
      select * from (values ('young', now()::timestamp), ('unread', null)) as kept`);
  };
  const left = async (on = store) => {
    const rows = await on.db
      .select({ text: letters.text, count: count() })
      .from(letters)
      .groupBy(letters.text);
    return Object.fromEntries(rows.map(({ text, count }) => [text, count]));
  };
  const start = (on = store, changed: Partial<TablePurgeOptions> = {}) => {
    const purge = new TablePurge(on, { ...options, ...changed });
    purges.push(purge);
    purge.start();
    return purge;
  };

  it('removes old rows in chunks, at the start and later, and keeps young rows', async () => {
    await fill(2_500);
    start();
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
    await fill(10);
    await eventually(async () => expect(await left()).toEqual({ young: 2, unread: 2 }));
  });

  it('asks before each chunk how long rows are kept', async () => {
    let keepFor = 3 * DAY;
    await fill(1);
    await store.db.execute(sql`insert into letters values ('older', now() - interval '4 days')`);
    start(store, { keepFor: () => keepFor });
    await eventually(async () => expect(await left()).toEqual({ old: 1, young: 1, unread: 1 }));
    keepFor = DAY;
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
  });

  it('logs an outage of the database once, and continues after the outage', async () => {
    await store.db.execute(sql`alter table letters rename to away`);
    start();
    await eventually(() => expect(lines).toHaveLength(1));
    await store.db.execute(sql`alter table away rename to letters`);
    await fill(1);
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
    await eventually(() =>
      expect(lines).toEqual([
        expect.stringMatching(
          /^letters that were read cannot be removed; trying again in [\d.]+ s: relation "letters" does not exist$/,
        ),
        'letters that were read are removed again',
      ]),
    );
  });

  it('waits for the chunk in flight when it stops, and begins no other chunk', async () => {
    await fill(1_500);
    let stopped = false;
    let stopping: Promise<unknown> | undefined;
    await store.db.transaction(async (tx) => {
      await tx.execute(sql`lock table letters`);
      const purge = start();
      stopping = purge.stop().then(() => (stopped = true));
      await tx.execute(sql`select 1`);
      expect(stopped).toBe(false);
    });
    await stopping;
    expect(await left()).toEqual({ old: 500, young: 1, unread: 1 });
  });

  it('runs as a provider from the start of a service until the database closes', async () => {
    const own = await databases.create();
    const migrations = await databases.migrationsFor(schema);
    const before = await databases.open({ schema, database: own });
    await fill(10, before);
    await before.close();

    const app = await NestFactory.createApplicationContext(
      {
        module: LettersModule,
        imports: [StoreModule.forRoot({ schema, migrations, ...own })],
        providers: [TablePurge.provider({ ...options, every: 1 })],
      },
      { logger: { error: (line: unknown) => lines.push(line), warn: ignore, log: ignore } },
    );
    const during = app.get<Store<typeof schema>>(Store);
    await eventually(async () => expect(await left(during)).toEqual({ young: 1, unread: 1 }));
    await app.close();

    const after = await databases.open({ schema, database: own });
    await fill(1, after);
    expect(await left(after)).toEqual({ old: 1, young: 2, unread: 2 });
    expect(lines).toEqual([]);
  });

  it('keeps rows of child tables that have the same ctid as an old row', async () => {
    await store.db.execute(sql`truncate letters`);
    await store.db.execute(sql`create table drafts () inherits (letters)`);
    await store.db.execute(sql`insert into letters values ('old', now() - interval '2 days')`);
    await store.db.execute(sql`insert into drafts values ('young', now())`);
    start();
    await eventually(async () => expect(await left()).toEqual({ young: 1 }));
    await store.db.execute(sql`drop table drafts`);
  });

  if (kind !== 'postgres') return;

  it('shares the work with other replicas, and does not wait for locked rows', async () => {
    await fill(20_000);
    const replica = await databases.open({ schema, database });
    await store.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from letters where text = 'old' limit 1 for update`);
      [store, replica, store, replica].forEach((on) => start(on));
      await eventually(async () => expect(await left()).toEqual({ old: 1, young: 1, unread: 1 }));
    });
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
  });
});
