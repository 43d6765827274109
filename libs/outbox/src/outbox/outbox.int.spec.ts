import { InvalidEventError, UndeclaredEventError } from '@cascade/jetstream';
import type { Store } from '@cascade/store';
import { describeStores } from '@cascade/testing';
import { beforeAll, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { NoteWritten } from '../../test/note-written.js';
import { Notebook, schema } from '../../test/notebook.js';
import { outbox } from './outbox-table.js';
import type { Outbox } from './outbox.js';

class PageTorn {
  static readonly event = { name: 'page.torn', version: 1 };
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describeStores((databases) => {
  let store: Store<typeof schema>;
  let box: Outbox;
  beforeAll(async () => {
    store = await databases.open({ schema });
    box = new Notebook(store).outbox;
  });

  const rowOf = (id: string) => store.db.query.outbox.findFirst({ where: eq(outbox.id, id) });

  it('keeps an event, with new ids unless ids are given', async () => {
    const event = new NoteWritten({ author: 'ada', number: 1 });
    const { id, correlationId } = await store.db.transaction((tx) => box.add(tx, event, { key: 'ada' }));
    expect(id).toMatch(UUID_V7);
    expect(correlationId).toBe(id);
    expect(await rowOf(id)).toMatchObject({
      key: 'ada',
      name: 'note.written',
      version: 2,
      data: { author: 'ada', number: 1 },
      correlationId: id,
      causationId: null,
      publishedAt: null,
    });

    const ids = { id: '0199a1f0-0000-7000-8000-000000000001', correlationId: 'flow', causationId: 'cause' };
    await store.db.transaction((tx) => box.add(tx, event, { key: 'ada', ...ids }));
    expect(await rowOf(ids.id)).toMatchObject(ids);
  });

  it('drops the event if the transaction is rolled back', async () => {
    let id = '';
    const rolledBack = store.db.transaction(async (tx) => {
      ({ id } = await box.add(tx, new NoteWritten({ author: 'ada', number: 1 }), { key: 'ada' }));
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    expect(await rowOf(id)).toBeUndefined();
  });

  it('refuses an event that the service does not declare', async () => {
    const refused = store.db.transaction((tx) => box.add(tx, new PageTorn(), { key: 'ada' }));
    await expect(refused).rejects.toThrow(UndeclaredEventError);
    await expect(refused).rejects.toThrow(/notebook publishes PageTorn, but declares NoteWritten/);
  });

  it('refuses an event that breaks its contract without writing, so that the transaction can continue', async () => {
    const before = await store.db.$count(outbox);
    await store.db.transaction(async (tx) => {
      const refused = box.add(tx, new NoteWritten({ author: '', number: 1.5 }), { key: 'ada' });
      await expect(refused).rejects.toThrow(InvalidEventError);
      await expect(refused).rejects.toMatchObject({
        violations: [
          { field: 'author', rule: 'isLength' },
          { field: 'number', rule: 'isInt' },
        ],
      });
      await expect(box.add(tx, { author: 'ada' }, { key: 'ada' })).rejects.toThrow(/Object is not an event/);
      await box.add(tx, new NoteWritten({ author: 'ada', number: 2 }), { key: 'ada' });
    });
    expect(await store.db.$count(outbox)).toBe(before + 1);
  });
});
