import { describePostgres, describeStores, eventually, type TestDatabases } from '@cascade/testing';
import { expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { randomUUID } from 'node:crypto';
import { NoteWritten } from '../../test/note-written.js';
import { Notebook } from '../../test/notebook.js';
import { outbox } from './outbox-table.js';

const authors = pgTable('authors', {
  id: uuid().primaryKey(),
  name: text().notNull().unique(),
  pseudonym: text(),
});
const schema = { outbox, authors };

async function open(databases: TestDatabases) {
  const store = await databases.open({ schema });
  const { outbox: box } = new Notebook(store);
  /** Adds a note together with its author, unless the author is known. Returns the ids of the event and the author. */
  async function announce(name: string) {
    const row = { id: randomUUID(), name, pseudonym: null };
    const note = await box.prepare(new NoteWritten({ author: name, number: 1 }), { key: name });
    await store.db.transaction((tx) => note.addIfNew(tx, { table: authors, unique: 'name', row }));
    return { event: note.id, author: row.id };
  }
  return { db: store.db, announce };
}

describeStores((databases) => {
  it('keeps an event with a new row, and takes the event back if the row already exists', async () => {
    const { db, announce } = await open(databases);
    const first = await announce('ada');
    await announce('ada');
    const other = await announce('grace');

    const events = await db.select({ id: outbox.id }).from(outbox).orderBy(outbox.position);
    expect(events.map(({ id }) => id)).toEqual([first.event, other.event]);
    expect(await db.select().from(authors).where(eq(authors.name, 'ada'))).toEqual([
      { id: first.author, name: 'ada', pseudonym: null },
    ]);
  });

  it('keeps only one of many concurrent events with the same row', async () => {
    const { db, announce } = await open(databases);
    await Promise.all(Array.from({ length: 12 }, () => announce('ada')));
    expect(await db.$count(outbox)).toBe(1);
    expect(await db.$count(authors)).toBe(1);
  });
});

describePostgres((databases) => {
  it('waits for the lock of a known row, as for the lock of a new row', async () => {
    const { db, announce } = await open(databases);
    await announce('ada');
    const again = await db.transaction(async (tx) => {
      await tx.select().from(authors).for('update');
      const waiting = announce('ada');
      const locks = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => expect((await db.execute(locks)).rows).toHaveLength(1));
      return { waiting };
    });
    await again.waiting;
    expect(await db.$count(outbox)).toBe(1);
  });
});
