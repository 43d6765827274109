import type { Broker } from '@cascade/embedded-broker';
import { CloudEventHeader, EVENTS_STREAM, InvalidDeclarationError } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describeStores, eventually, startTestBroker } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NoteWritten } from '../test/note-written.js';
import { schema } from '../test/notebook.js';
import { startNotebookService } from '../test/notebook-service.js';
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
  it('publishes what a service adds to its outbox to the broker, while the service runs', async () => {
    const service = await startNotebookService({
      store: { ...(await databases.create()), migrations: await databases.migrationsFor(schema) },
      broker: { servers: broker.url },
    });
    try {
      const outbox = service.get(Outbox);
      const { id } = await service.get(Store).db.transaction((tx) =>
        outbox.add(tx, new NoteWritten({ author: 'ada', number: 7 }), {
          key: 'ada',
          correlationId: 'flow',
        }),
      );
      outbox.wake();

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
});

it.each([-1, NaN, Infinity])('refuses to keep published events for %d ms', (keepPublished) => {
  expect(() => OutboxModule.forRoot({ keepPublished })).toThrow(InvalidDeclarationError);
});
