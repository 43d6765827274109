import { findMigrations, type Store } from '@cascade/store';
import { describePostgres, describeStores, eventually } from '@cascade/testing';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eq, type SQL, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { DeliveryLogPurge } from './delivery-log-purge.js';
import * as schema from './schema.js';
import { deliveries } from './schema.js';

const migrations = findMigrations('notifier', import.meta.url);
const DAYS = 14;

describe('DeliveryLogPurge', () => {
  describeStores((databases) => {
    let store: Store<typeof schema>;

    beforeEach(async () => {
      store = await databases.open({ schema, migrations });
    });

    it('removes what is older than its days, however much, sent or not, and nothing else', async () => {
      await insert(store, 2_500, sql`now() - interval '14 days 1 second'`);
      await insert(store, 1, sql`now() - interval '100 days'`, null);
      const kept = [
        ...(await insert(store, 1, sql`now() - interval '13 days 23 hours'`)),
        ...(await insert(store, 1, sql`now()`)),
      ];

      await new DeliveryLogPurge(store, DAYS).purge();

      expect((await eventIds(store)).sort()).toEqual(kept.sort());
    });

    it('begins when the service does, and ends before the database is closed', async () => {
      await insert(store, 10, sql`now() - interval '15 days'`);
      const purge = new DeliveryLogPurge(store, DAYS);

      purge.onApplicationBootstrap();
      await eventually(async () => expect(await eventIds(store)).toEqual([]));

      await purge.onModuleDestroy();
      await insert(store, 1, sql`now() - interval '15 days'`);
      await purge.purge();
      expect(await eventIds(store)).toHaveLength(1);
    });
  });

  describePostgres((databases) => {
    it('does not wait for rows that another replica is removing', async () => {
      const store = await databases.open({ schema, migrations });
      const [held] = await insert(store, 3, sql`now() - interval '15 days'`);

      await store.db.transaction(async (tx) => {
        await tx.select().from(deliveries).where(eq(deliveries.eventId, held!)).for('update');
        await new DeliveryLogPurge(store, DAYS).purge();
      });

      expect(await eventIds(store)).toEqual([held]);
    });
  });
});

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
