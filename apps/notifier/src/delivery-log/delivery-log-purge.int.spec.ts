import { createService, readConfig } from '@cascade/service';
import { findMigrations, Store } from '@cascade/store';
import { databaseEnvironment, describePostgres, describeStores, eventually } from '@cascade/testing';
import { describe, expect, it } from '@jest/globals';
import { eq, type SQL, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { NotifierConfig } from '../notifier-config.js';
import { NotifierModule } from '../notifier.module.js';
import * as schema from './schema.js';
import { deliveries } from './schema.js';

const migrations = findMigrations('notifier', import.meta.url);

describe('the purge of the delivery log', () => {
  describeStores((databases) => {
    it('removes all rows that are older than the configured days, sent or not, and no other rows', async () => {
      const database = await databases.create();
      const before = await databases.open({ schema, migrations, database });
      await insert(before, 2_500, sql`now() - interval '14 days 1 second'`);
      await insert(before, 1, sql`now() - interval '100 days'`, null);
      const kept = [
        ...(await insert(before, 1, sql`now() - interval '13 days 23 hours'`)),
        ...(await insert(before, 1, sql`now()`)),
      ];
      await before.close();

      const notifier = await startNotifier(databaseEnvironment(database));
      try {
        const store = notifier.get<Store<typeof schema>>(Store);
        await eventually(async () => expect((await eventIds(store)).sort()).toEqual(kept.sort()));
      } finally {
        await notifier.close();
      }
    });
  });

  describePostgres((databases) => {
    it('does not wait for rows that another replica is removing', async () => {
      const database = await databases.create();
      const store = await databases.open({ schema, migrations, database });
      const [held] = await insert(store, 3, sql`now() - interval '15 days'`);

      await store.db.transaction(async (tx) => {
        await tx.select().from(deliveries).where(eq(deliveries.eventId, held!)).for('update');
        const notifier = await startNotifier(databaseEnvironment(database));
        await eventually(async () => expect(await eventIds(store)).toEqual([held])).finally(() =>
          notifier.close(),
        );
      });

      expect(await eventIds(store)).toEqual([held]);
    });
  });
});

/** Starts the notifier without a broker, which the purge does not need. */
async function startNotifier(database: NodeJS.ProcessEnv) {
  const env = { NATS_URL: 'nats://127.0.0.1:1', LOG_LEVEL: 'fatal', DELIVERY_LOG_DAYS: '14', ...database };
  const config = readConfig(NotifierConfig, env);
  const service = await createService(NotifierModule.forRoot(config), config);
  return service.init();
}

async function insert(
  store: Store<typeof schema>,
  count: number,
  claimedAt: SQL,
  acceptedAt: SQL | null = claimedAt,
): Promise<string[]> {
  const rows = Array.from({ length: count }, () => ({
    eventId: randomUUID(),
    claim: randomUUID(),
    claimedAt,
    acceptedAt,
  }));
  await store.db.insert(deliveries).values(rows);
  return rows.map(({ eventId }) => eventId);
}

async function eventIds(store: Store<typeof schema>): Promise<string[]> {
  const rows = await store.db.select({ eventId: deliveries.eventId }).from(deliveries);
  return rows.map(({ eventId }) => eventId);
}
