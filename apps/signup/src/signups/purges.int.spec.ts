import { findMigrations, type Store } from '@cascade/store';
import { databaseEnvironment, describeStores, eventually, type TestDatabase } from '@cascade/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { startSignup, type StartedSignup } from '../../test/start-signup.js';
import * as schema from './schema.js';
import { idempotencyKeys, signups } from './schema.js';

const migrations = findMigrations('signup', import.meta.url);

describe('the purges of signup', () => {
  describeStores((databases) => {
    let database: TestDatabase;
    let signup: StartedSignup | undefined;
    beforeEach(async () => {
      database = await databases.create();
    });
    afterEach(async () => {
      await signup?.app.close();
      signup = undefined;
    });

    /** Starts the service without a broker, because the purges do not need a broker. */
    async function start(env: NodeJS.ProcessEnv = {}): Promise<StartedSignup> {
      const settings = { NATS_URL: 'nats://127.0.0.1:1', ...databaseEnvironment(database), ...env };
      signup = await startSignup(settings);
      return signup;
    }

    /** Prepares the database before the service starts, because the purges begin with the start. */
    async function prepare(work: (store: Store<typeof schema>) => Promise<unknown>): Promise<void> {
      const store = await databases.open({ schema, migrations, database });
      await work(store);
      await store.close();
    }

    async function addSignup({ db }: Store<typeof schema>, age: string): Promise<string> {
      const id = randomUUID();
      const receivedAt = sql`now() - ${age}::interval`;
      await db.insert(signups).values({ id, correlationId: randomUUID(), receivedAt });
      return id;
    }

    async function addKey({ db }: Store<typeof schema>, key: string, age: string): Promise<void> {
      const createdAt = sql`now() - ${age}::interval`;
      await db.insert(idempotencyKeys).values({ key, requestHash: '', signupId: randomUUID(), createdAt });
    }

    const keysOf = async ({ db }: Store<typeof schema>) =>
      (await db.select({ key: idempotencyKeys.key }).from(idempotencyKeys)).map(({ key }) => key);

    it('remove each signup after the default number of days, so that it can no longer be read', async () => {
      let [old, young, fresh] = ['', '', ''];
      await prepare(async (store) => {
        old = await addSignup(store, '31 days 1 second');
        young = await addSignup(store, '30 days 23 hours');
        fresh = await addSignup(store, '0 seconds');
      });
      const service = await start();
      await eventually(async () => expect((await service.get(`/signups/${old}`)).status).toBe(404));
      expect((await service.get(`/signups/${young}`)).status).toBe(200);
      expect((await service.get(`/signups/${fresh}`)).status).toBe(200);
    });

    it('keep signups for the configured days', async () => {
      let [old, young] = ['', ''];
      await prepare(async (store) => {
        old = await addSignup(store, '3 days 1 second');
        young = await addSignup(store, '2 days 23 hours');
      });
      const service = await start({ SIGNUP_DAYS: '3' });
      await eventually(async () => expect((await service.get(`/signups/${old}`)).status).toBe(404));
      expect((await service.get(`/signups/${young}`)).status).toBe(200);
    });

    it('remove each idempotency key after a day', async () => {
      await prepare(async (store) => {
        await addKey(store, 'fresh', '23 hours 59 minutes');
        await addKey(store, 'old', '24 hours 1 second');
      });
      const { store } = await start();
      await eventually(async () => expect(await keysOf(store)).toEqual(['fresh']));
    });

    it('remove an idempotency key before its signup, even if signups are kept for the minimum time', async () => {
      const body = { email: 'ada@example.com', name: 'Ada' };
      const shortest = { SIGNUP_DAYS: '2' };
      const post = async (service: StartedSignup) =>
        (await service.post(body, { 'idempotency-key': 'a key' })).body.id!;
      const makeOlder = async (id: string, age: string) => {
        await signup?.app.close();
        await prepare(async ({ db }) => {
          const time = sql`now() - ${age}::interval`;
          await db.update(signups).set({ receivedAt: time }).where(eq(signups.id, id));
          await db.update(idempotencyKeys).set({ createdAt: time });
        });
      };
      const first = await post(await start(shortest));

      await makeOlder(first, '24 hours 1 second');
      const service = await start(shortest);
      await eventually(async () => expect(await keysOf(service.store)).toEqual([]));
      expect((await service.get(`/signups/${first}`)).status).toBe(200);
      const second = await post(service);
      expect(second).not.toBe(first);

      await makeOlder(second, '48 hours 1 second');
      const again = await start(shortest);
      await eventually(async () => expect((await again.get(`/signups/${second}`)).status).toBe(404));
      expect(await post(again)).not.toBe(second);
    });
  });
});
