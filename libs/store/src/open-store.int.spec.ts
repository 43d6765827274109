import { describeStores } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations, notes } from '../test/notes.js';
import { isUniqueViolation, MigrationError, StoreUnavailableError } from './errors.js';
import { openStore } from './open-store.js';
import type { Store } from './store.js';

describeStores((databases, kind) => {
  let store: Store<{ notes: typeof notes }>;
  beforeAll(async () => {
    store = await databases.open({ schema: { notes }, migrations });
  });

  it('reports its kind, and that it is ready', async () => {
    expect(store.kind).toBe(kind);
    await expect(store.ready()).resolves.toBeUndefined();
  });

  it('returns typed columns as they were written', async () => {
    const note = {
      id: 2 ** 40,
      text: 'typed',
      details: { list: [1, 'two', null], flag: true },
      price: '1234567890.123456789',
      writtenAt: new Date('2026-01-02T03:04:05.678Z'),
      readAt: '2026-07-01 12:00:00+00',
    };
    await store.db.insert(notes).values(note);
    expect(await store.db.query.notes.findFirst({ where: eq(notes.id, note.id) })).toEqual(note);
  });

  it('returns the same plain values for statements that Drizzle does not map', async () => {
    const { rows, rowCount } = await store.db.execute(
      sql`select 9007199254740993::bigint as large, 7 as small, 1.50::numeric as exact, true as flag,
            '{"a":1}'::jsonb as json, '2026-01-02T03:04:05Z'::timestamptz as time, '\\x01ff'::bytea as bytes`,
    );
    expect(rows).toEqual([
      {
        large: '9007199254740993',
        small: 7,
        exact: '1.50',
        flag: true,
        json: { a: 1 },
        time: '2026-01-02 03:04:05+00',
        bytes: Buffer.from([1, 255]),
      },
    ]);
    expect(rowCount).toBe(1);
  });

  it('counts the rows that a statement changed', async () => {
    await store.db.insert(notes).values([
      { id: 21, text: 'counted a' },
      { id: 22, text: 'counted b' },
    ]);
    const { rowCount } = await store.db
      .update(notes)
      .set({ price: '1' })
      .where(sql`${notes.id} in (21, 22)`);
    expect(rowCount).toBe(2);
  });

  it('rolls back a transaction that throws, and continues to work', async () => {
    const attempt = store.db.transaction(async (tx) => {
      await tx.insert(notes).values({ id: 31, text: 'rolled back' });
      throw new Error('changed my mind');
    });
    await expect(attempt).rejects.toThrow('changed my mind');
    expect(await store.db.$count(notes, eq(notes.id, 31))).toBe(0);
  });

  it('keeps the outer part of a transaction whose inner part throws', async () => {
    await store.db.transaction(async (tx) => {
      await tx.insert(notes).values({ id: 41, text: 'outer' });
      const inner = tx.transaction(async (nested) => {
        await nested.insert(notes).values({ id: 42, text: 'inner' });
        throw new Error('inner only');
      });
      await expect(inner).rejects.toThrow('inner only');
    });
    const kept = await store.db
      .select({ id: notes.id })
      .from(notes)
      .where(sql`${notes.id} in (41, 42)`);
    expect(kept).toEqual([{ id: 41 }]);
  });

  it('runs transactions that begin at the same time', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => 100 + index);
    await Promise.all(
      ids.map((id) => store.db.transaction((tx) => tx.insert(notes).values({ id, text: `together ${id}` }))),
    );
    expect(await store.db.$count(notes, sql`${notes.id} between 100 and 124`)).toBe(25);
  });

  it('distinguishes a unique violation from other errors, and one index from another', async () => {
    await store.db.insert(notes).values({ id: 51, text: 'only once' });
    const twice = await failure(store.db.insert(notes).values({ id: 52, text: 'only once' }));
    expect(isUniqueViolation(twice)).toBe(true);
    expect(isUniqueViolation(twice, 'notes_text_unique')).toBe(true);
    expect(isUniqueViolation(twice, 'notes_pkey')).toBe(false);
    const nothing = await failure(store.db.execute(sql`insert into notes (id, text) values (53, null)`));
    expect(isUniqueViolation(nothing)).toBe(false);
  });

  it('keeps its rows when it is closed, even twice, and opened again', async () => {
    const database = await databases.create();
    const first = await databases.open({ schema: { notes }, database, migrations });
    await first.db.insert(notes).values({ id: 1, text: 'stays' });
    await Promise.all([first.close(), first.close()]);
    await expect(first.ready()).rejects.toThrow(StoreUnavailableError);

    const second = await databases.open({ schema: { notes }, database, migrations });
    expect(await second.db.select({ text: notes.text }).from(notes)).toEqual([{ text: 'stays' }]);
  });

  describe('migrations', () => {
    it('leave the database unchanged if a migration fails, and are applied after a correction', async () => {
      const database = await databases.create();
      const broken = await folderOf([1, 'create table a (id int)'], [2, 'create table a (id int)']);
      const opening = openStore({ ...database, schema: {}, migrations: broken });
      await expect(opening).rejects.toThrow(MigrationError);
      await expect(opening).rejects.toThrow('relation "a" already exists');

      const corrected = await folderOf([1, 'create table a (id int)'], [2, 'create table b (id int)']);
      const store = await databases.open({ schema: {}, database, migrations: corrected });
      await expect(store.db.execute(sql`select from a, b`)).resolves.toBeDefined();
    });

    it('are refused if the database has newer migrations', async () => {
      const database = await databases.create();
      const ours = await folderOf([2, 'create table a (id int)']);
      await (await openStore({ ...database, schema: {}, migrations: ours })).close();
      const others = await folderOf([1, 'create table b (id int)']);
      await expect(openStore({ ...database, schema: {}, migrations: others })).rejects.toThrow(
        /1 of the migrations .* not applied/,
      );
    });
  });
});

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-migrations-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;

/** Writes a folder of migrations in the format of drizzle-kit, with the given generation times. */
async function folderOf(...migrations: [when: number, statement: string][]): Promise<string> {
  const folder = join(root, String(folders++));
  await mkdir(join(folder, 'meta'), { recursive: true });
  const entries = migrations.map(([when], idx) => ({
    idx,
    version: '7',
    when,
    tag: `${idx}`,
    breakpoints: true,
  }));
  await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
  await Promise.all(migrations.map(([, statement], idx) => writeFile(join(folder, `${idx}.sql`), statement)));
  return folder;
}

async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await promise.then(() => undefined);
  } catch (error) {
    return error;
  }
}
