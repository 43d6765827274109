import { findMigrations, type Store } from '@cascade/store';
import { databaseEnvironment, describeStores, eventually, type TestDatabase } from '@cascade/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { startSignup, type StartedSignup } from '../../test/start-signup.js';
import { idempotencyKeys } from './schema.js';
import * as schema from './schema.js';

const migrations = findMigrations('signup', import.meta.url);

describe('the purges of signup', () => {
  describeStores((databases) => {
    let database: TestDatabase;
    let signup: StartedSignup;
    beforeEach(async () => {
      database = await databases.create();
    });
    afterEach(async () => {
      await signup?.app.close();
    });

    async function fill(work: (store: Store<typeof schema>) => Promise<unknown>): Promise<void> {
      const store = await databases.open({ schema, migrations, database });
      await work(store);
      await store.close();
    }

    /** Without a broker, which no purge needs. */
    async function start(): Promise<void> {
      const env = databaseEnvironment(database);
      signup = await startSignup({ NATS_URL: 'nats://127.0.0.1:1', ...env });
    }

    it('leave no idempotency key behind after a day', async () => {
      await fill(async ({ db }) => {
        for (const [key, age] of [
          ['fresh', '23 hours 59 minutes'],
          ['old', '24 hours 1 second'],
        ] as const) {
          const createdAt = sql`now() - ${age}::interval`;
          await db
            .insert(idempotencyKeys)
            .values({ key, requestHash: '', signupId: randomUUID(), createdAt });
        }
      });
      await start();
      await eventually(async () => {
        const keys = await signup.store.db.select({ key: idempotencyKeys.key }).from(idempotencyKeys);
        expect(keys).toEqual([{ key: 'fresh' }]);
      });
    });
  });
});
