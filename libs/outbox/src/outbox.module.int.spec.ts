import { CloudEventHeader, EVENTS_STREAM, JetStreamModule, JetStreamStrategy } from '@app/jetstream';
import { Store, StoreModule } from '@app/store';
import { describeStores, eventually, startTestBroker } from '@app/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NoteWritten } from '../test/note-written.js';
import { schema } from '../test/notebook.js';
import { OutboxModule } from './outbox.module.js';
import { Outbox } from './outbox.js';

@Module({})
class NotebookModule {}

let broker: Awaited<ReturnType<typeof startTestBroker>>;
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
    const service = await startService({
      ...(await databases.create()),
      migrations: await databases.migrationsFor(schema),
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

async function startService(store: { dataDir: string; migrations: string }): Promise<INestMicroservice> {
  const module = {
    module: NotebookModule,
    imports: [
      JetStreamModule.forRoot({ source: 'notebook', servers: broker.url }),
      StoreModule.forRoot({ schema, ...store }),
      OutboxModule.forRoot(),
    ],
  };
  const service = await NestFactory.createMicroservice(module, {
    logger: false,
    inject: [JetStreamStrategy],
    useFactory: (strategy: JetStreamStrategy) => ({ strategy }),
  });
  await service.listen();
  return service;
}
