import { describePostgres, describeStores } from '@cascade/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { migrations, notes } from '../../test/notes.js';
import { startPostgresProxy, type PostgresProxy } from '../../test/postgres-proxy.js';
import { isUniqueViolation, TransactionRolledBackError } from '../errors.js';
import { prepared } from '../prepared.js';
import type { Database } from '../database.js';
import type { Store } from '../store.js';

type Tables = { notes: typeof notes };

const noteOf = (tx: Database<Tables>) =>
  tx
    .insert(notes)
    .values({ id: sql.placeholder('id'), text: sql.placeholder('text') })
    .prepare('add_note');

function ignoreUniqueViolation(error: unknown): void {
  if (!isUniqueViolation(error)) throw error;
}

describeStores((databases) => {
  const open = () => databases.open<Tables>({ schema: { notes }, migrations });

  it('keeps everything that a transaction wrote, or nothing', async () => {
    const { db } = await open();
    await db.transaction(async (tx) => void (await tx.insert(notes).values({ id: 1, text: 'kept' })));
    const undone = db.transaction(async (tx) => {
      await tx.insert(notes).values({ id: 2, text: 'undone' });
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    expect(await db.select().from(notes)).toMatchObject([{ id: 1 }]);
  });

  it('rolls back the statements that were sent together with a failing statement', async () => {
    const { db } = await open();
    const failed = db.transaction((tx) =>
      Promise.all([
        tx.insert(notes).values({ id: 1, text: 'first' }),
        tx.insert(notes).values({ id: 1, text: 'the same id' }),
        tx.insert(notes).values({ id: 2, text: 'behind it' }),
      ]),
    );
    await expect(failed).rejects.toMatchObject({ cause: { code: '23505' } });
    expect(await db.$count(notes)).toBe(0);
  });

  it('rolls back only the inner transaction', async () => {
    const { db } = await open();
    await db.transaction(async (tx) => {
      await tx.insert(notes).values({ id: 1, text: 'kept' });
      const part = tx.transaction(async (inner) => {
        await inner.insert(notes).values({ id: 2, text: 'undone' });
        inner.rollback();
      });
      await expect(part).rejects.toThrow();
    });
    expect(await db.select().from(notes)).toMatchObject([{ id: 1 }]);
  });

  describe.each([undefined, { isolationLevel: 'serializable' } as const])(
    'with the settings %p',
    (settings) => {
      it('fails if a statement has failed, even if the code caught the error', async () => {
        const { db } = await open();
        await db.insert(notes).values({ id: 1, text: 'taken' });
        const attempt = db.transaction(async (tx) => {
          await tx.insert(notes).values({ id: 2, text: 'of the same transaction' });
          await tx.insert(notes).values({ id: 1, text: 'again' }).catch(ignoreUniqueViolation);
          return 'done';
        }, settings);
        await expect(attempt).rejects.toThrow(TransactionRolledBackError);
        await expect(attempt).rejects.toThrow(/savepoint.*on conflict do nothing.*outside/);
        expect(await db.$count(notes)).toBe(1);
        await db.transaction((tx) => tx.insert(notes).values({ id: 3, text: 'next' }), settings);
        expect(await db.$count(notes)).toBe(2);
      });

      it('is kept if the failed statement was in an inner transaction', async () => {
        const { db } = await open();
        await db.insert(notes).values({ id: 1, text: 'taken' });
        await db.transaction(async (tx) => {
          await tx.insert(notes).values({ id: 2, text: 'kept' });
          await tx
            .transaction((inner) => inner.insert(notes).values({ id: 1, text: 'again' }))
            .catch(ignoreUniqueViolation);
        }, settings);
        expect(await db.$count(notes)).toBe(2);
      });
    },
  );

  it('runs with the requested isolation', async () => {
    const { db } = await open();
    const isolation = (tx: Database<Tables>) => tx.execute(sql`show transaction_isolation`);
    const strict = await db.transaction(isolation, { isolationLevel: 'serializable' });
    expect(strict.rows).toEqual([{ transaction_isolation: 'serializable' }]);
    expect((await db.transaction(isolation)).rows).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  it('runs nothing if the isolation is refused', async () => {
    const { db } = await open();
    const work = (tx: Database<Tables>) => tx.insert(notes).values({ id: 1, text: 'written' });
    await expect(db.transaction(work, { isolationLevel: 'none' as 'serializable' })).rejects.toThrow();
    expect(await db.$count(notes)).toBe(0);
  });

  it('runs prepared statements inside and outside of transactions', async () => {
    const { db } = await open();
    const addNote = prepared(noteOf);
    await addNote(db).execute({ id: 1, text: 'without' });
    for (const id of [2, 3]) await db.transaction((tx) => addNote(tx).execute({ id, text: `within ${id}` }));
    const written = await db.select({ text: notes.text }).from(notes).orderBy(notes.id);
    expect(written).toEqual([{ text: 'without' }, { text: 'within 2' }, { text: 'within 3' }]);
  });
});

describePostgres((databases) => {
  let proxy: PostgresProxy | undefined;
  afterEach(() => proxy?.stop());

  async function openThroughProxy(): Promise<Store<Tables>> {
    const { databaseUrl = '', dataDir } = await databases.create();
    proxy = await startPostgresProxy(databaseUrl);
    const database = { databaseUrl: proxy.url, dataDir };
    return databases.open({ schema: { notes }, migrations, database });
  }

  it('sends the begin of a transaction together with its first statements', async () => {
    const { db } = await openThroughProxy();
    const writes: string[] = [];
    proxy!.breakOn((sent) => void writes.push(sent.toString('latin1')) as unknown as boolean);
    await db.transaction((tx) => Promise.all([tx.execute(sql`select 1`), tx.execute(sql`select 2`)]));
    const begins = writes.filter((sent) => sent.includes('begin'));
    expect(begins).toEqual([expect.stringMatching(/begin[^]*select 1[^]*select 2/)]);
  });

  it('throws the first error if the connection breaks in the middle', async () => {
    const { db } = await openThroughProxy();
    proxy!.breakOn((sent) => sent.includes('rollback'));
    const failed = db.transaction(() => Promise.reject(new Error('no such author')));
    await expect(failed).rejects.toThrow('no such author');
    await expect(db.transaction((tx) => tx.execute(sql`select 1`))).resolves.toBeDefined();
  });

  describe('prepared', () => {
    it('builds and plans a statement once for a connection', async () => {
      const { db } = await databases.open<Tables>({ schema: { notes }, migrations });
      let built = 0;
      const addNote = prepared((tx: Database<Tables>) => {
        built += 1;
        return noteOf(tx);
      });
      // Transactions that run one after another use the same connection.
      for (const id of [1, 2, 3])
        await db.transaction((tx) => addNote(tx).execute({ id, text: `note ${id}` }));
      const known = await db.execute(sql`select name from pg_prepared_statements`);
      expect(known.rows).toEqual([{ name: 'add_note' }]);
      expect(built).toBe(1);
    });
  });
});
