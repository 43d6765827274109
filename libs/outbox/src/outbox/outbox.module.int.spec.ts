import type { Broker } from '@cascade/embedded-broker';
import { CloudEventHeader, EVENTS_STREAM, InvalidDeclarationError, newEventId } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describeStores, eventually, startTestBroker } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql, type SQL } from 'drizzle-orm';
import { NoteWritten } from '../../test/note-written.js';
import { schema } from '../../test/notebook.js';
import { startNotebookService } from '../../test/notebook-service.js';
import { outbox } from './outbox-table.js';
import { OutboxModule } from './outbox.module.js';
import { Outbox } from './outbox.js';

let broker: Broker;
let client: NatsConnection;
beforeAll(async () => {
  broker = await startTestBroker();
  client = await connect({ servers: broker.url });
}, 60_000);
afterAll(async () => {
  await client?.close();
  await broker?.stop();
});

describeStores((databases) => {
  it('publishes the events of a running service to the broker', async () => {
    const service = await startNotebookService({
      store: await databases.createFor(schema),
      broker: { servers: broker.url },
    });
    try {
      const notes = service.get(Outbox);
      const { id } = await service.get(Store).db.transaction((tx) =>
        notes.add(tx, new NoteWritten({ author: 'ada', number: 7 }), {
          key: 'ada',
          correlationId: 'flow',
        }),
      );
      notes.wake();

      const { streams } = await jetstreamManager(client);
      const stored = await eventually(async () => {
        const message = await streams.getMessage(EVENTS_STREAM, { last_by_subj: 'events.note.written' });
        expect(message?.header.get(CloudEventHeader.id)).toBe(id);
        return message;
      });
      expect(stored?.json()).toEqual({ author: 'ada', number: 7 });
      expect(stored?.header.get('Nats-Msg-Id')).toBe(id);
      expect(stored?.header.get(CloudEventHeader.correlationId)).toBe('flow');
    } finally {
      await service.close();
    }
  });

  it('removes events an hour after they were published, and no unpublished event', async () => {
    const database = await databases.createFor(schema);
    const before = await databases.open({ schema, database, migrations: database.migrations });
    const ago = (time: string) => sql`now() - ${time}::interval`;
    const row = (key: string, times: Partial<Record<'publishedAt' | 'setAsideAt', SQL>>) => ({
      ...{ id: newEventId(), key, name: 'note.written', version: 1, data: {}, correlationId: 'flow' },
      ...{ createdAt: ago('2 days'), ...times },
    });
    await before.db
      .insert(outbox)
      .values([
        row('old', { publishedAt: ago('61 minutes') }),
        row('young', { publishedAt: ago('59 minutes') }),
        row('set aside', { setAsideAt: ago('1 day') }),
      ]);
    await before.close();

    const service = await startNotebookService({ store: database, broker: { servers: broker.url } });
    try {
      const { db } = service.get<Store<typeof schema>>(Store);
      await eventually(async () => {
        const rows = await db.select({ key: outbox.key }).from(outbox).orderBy(outbox.position);
        expect(rows.map(({ key }) => key)).toEqual(['young', 'set aside']);
      });
    } finally {
      await service.close();
    }
  });
});

it.each([-1, NaN, Infinity])('refuses to keep published events for %d ms', (keepPublished) => {
  expect(() => OutboxModule.forRoot({ keepPublished })).toThrow(InvalidDeclarationError);
});
