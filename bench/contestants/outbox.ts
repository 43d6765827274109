import { JetStreamModule, JetStreamStrategy, newEventId } from '@cascade/jetstream';
import { outbox, Outbox, OutboxModule } from '@cascade/outbox';
import { findMigrations, Store, StoreModule } from '@cascade/store';
import { NestFactory } from '@nestjs/core';
import { fieldsOf, SignedUp } from '../events.js';

const { databaseUrl, dataDir } = JSON.parse(process.env['BENCH'] ?? '{}') as {
  databaseUrl?: string;
  dataDir: string;
};
const schema = { outbox };
/**
 * Maximum number of rows in one statement. Each row needs several parameters, and a statement can have at most 65,535 parameters.
 */
const CHUNK = 1_000;

const module = {
  module: class OutboxBenchModule {},
  imports: [
    JetStreamModule.forRoot({ source: 'bench', servers: process.env['NATS_URL']! }),
    StoreModule.forRoot({
      schema,
      migrations: findMigrations('signup', import.meta.url),
      databaseUrl,
      dataDir,
    }),
    OutboxModule.forRoot(),
  ],
};
const app = await NestFactory.createMicroservice(module, {
  inject: [JetStreamStrategy],
  useFactory: (strategy: JetStreamStrategy) => ({ strategy }),
  logger: ['error', 'warn'],
});
await app.listen();
const store = app.get<Store<typeof schema>>(Store);

/** Commits a number of rows with distinct keys in one transaction on request, and reports the commit. */
process.on('message', (message) => {
  if (typeof message === 'object' && message && 'commit' in message) void commit(Number(message.commit));
});
process.send!('ready');

async function commit(count: number): Promise<void> {
  const { name, version } = SignedUp.event;
  const data = fieldsOf(256);
  await store.db.transaction(async (tx) => {
    for (let left = count; left > 0; left -= CHUNK) {
      const rows = Array.from({ length: Math.min(left, CHUNK) }, () => {
        const id = newEventId();
        return { id, key: id, name, version, data, correlationId: id };
      });
      await tx.insert(outbox).values(rows);
    }
  });
  app.get(Outbox).wake();
  process.send!('committed');
}
