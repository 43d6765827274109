import { findMigrations, type Store } from '@cascade/store';
import { describeStores } from '@cascade/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { claimKey } from './idempotency-keys.js';
import * as schema from './schema.js';
import { idempotencyKeys, signups } from './schema.js';

const DAY = 24 * 60 * 60 * 1_000;
const migrations = findMigrations('signup', import.meta.url);

describe('claimKey', () => {
  describeStores((databases) => {
    let store: Store<typeof schema>;
    beforeAll(async () => {
      store = await databases.open({ schema, migrations });
    });

    const claim = (key: string, now = new Date()) =>
      store.db.transaction((tx) => claimKey(tx, { key, requestHash: 'hash', signupId: randomUUID(), now }));

    it('finds the signup of a key while the key is valid', async () => {
      const [key, id, correlationId] = [randomUUID(), randomUUID(), randomUUID()];
      const time = sql`now() - interval '23 hours 59 minutes'`;
      await store.db.insert(signups).values({ id, correlationId, receivedAt: time });
      await store.db
        .insert(idempotencyKeys)
        .values({ key, requestHash: 'hash', signupId: id, createdAt: time });
      expect(await claim(key)).toEqual({ id, correlationId });
    });

    it('claims an old key again, regardless of the clock of the service, because its signup may be removed', async () => {
      const key = randomUUID();
      const daysAgo = new Date(Date.now() - 40 * DAY);
      expect(await claim(key, daysAgo)).toBeUndefined();
      expect(await claim(key, daysAgo)).toBeUndefined();
    });
  });
});
