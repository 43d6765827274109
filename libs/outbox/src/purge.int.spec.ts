import type { Store } from '@cascade/store';
import { describeStores, eventually, type TestDatabase } from '@cascade/testing';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { count, lte, sql } from 'drizzle-orm';
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { Purge } from './purge.js';

const letters = pgTable('letters', { text: text().notNull(), readAt: timestamp('read_at') });
const schema = { letters };
const old = () => lte(letters.readAt, sql`now() - interval '1 day'`);
const name = 'letters that were read';

describeStores((databases, kind) => {
  let database: TestDatabase;
  let store: Store<typeof schema>;
  const purges: Purge[] = [];
  beforeAll(async () => {
    database = await databases.create();
    store = await databases.open({ schema, database });
  });
  beforeEach(() => {
    Logger.overrideLogger(false);
  });
  afterEach(async () => {
    await Promise.all(purges.splice(0).map((purge) => purge.stop()));
    Logger.overrideLogger(new ConsoleLogger());
  });

  const fill = async (much: number) => {
    await store.db.execute(sql`insert into letters (text, read_at)
      select 'old', now() - interval '2 days' from generate_series(1, ${much}) union all
      select * from (values ('young', now()::timestamp), ('unread', null)) as kept`);
  };
  const left = async () => {
    const rows = await store.db
      .select({ text: letters.text, count: count() })
      .from(letters)
      .groupBy(letters.text);
    return Object.fromEntries(rows.map(({ text, count }) => [text, count]));
  };
  const start = (on = store) => {
    const purge = new Purge(on, { table: letters, old, name, every: 50 });
    purges.push(purge);
    purge.start();
  };

  it('removes what is old, now and as it comes, in chunks, and leaves the rest', async () => {
    await store.db.delete(letters);
    await fill(2_500);
    start();
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
    await fill(10);
    await eventually(async () => expect(await left()).toEqual({ young: 2, unread: 2 }));
  });

  it('goes on after errors of the database, of which it tells once', async () => {
    const lines: unknown[] = [];
    const record = (message: unknown) => void lines.push(message);
    Logger.overrideLogger({ log: record, warn: record, error: record });
    await store.db.delete(letters);
    await store.db.execute(sql`alter table letters rename to away`);
    start();
    await eventually(() => expect(lines).toHaveLength(1));
    await store.db.execute(sql`alter table away rename to letters`);
    await fill(1);
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
    expect(lines).toEqual([
      'letters that were read cannot be removed, trying again later: relation "letters" does not exist',
      'letters that were read are removed again',
    ]);
  });

  if (kind !== 'postgres') return;

  it('shares the work with other replicas, and waits for no row that somebody has locked', async () => {
    await store.db.delete(letters);
    await fill(20_000);
    const replica = await databases.open({ schema, database });
    await store.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from letters where text = 'old' limit 1 for update`);
      [store, replica, store, replica].forEach(start);
      await eventually(async () => expect(await left()).toEqual({ old: 1, young: 1, unread: 1 }));
    });
    await eventually(async () => expect(await left()).toEqual({ young: 1, unread: 1 }));
  });
});
