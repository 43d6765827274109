import type { Broker } from '@cascade/embedded-broker';
import { UserSignedUp } from '@app/contracts';
import { channelOf, EVENTS_STREAM } from '@cascade/jetstream';
import { outbox } from '@cascade/outbox';
import { databaseEnvironment, describeStores, eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eq, isNull, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { startSignup, type Answer, type StartedSignup } from '../../test/start-signup.js';
import { idempotencyKeys, signups, users } from './schema.js';

const CHANNEL = channelOf(UserSignedUp.event.name);
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

let broker: Broker;
let connection: NatsConnection;

beforeAll(async () => {
  broker = await startTestBroker();
  connection = await connect({ servers: broker.url });
}, 120_000);

afterAll(async () => {
  await connection?.close();
  await broker?.stop();
});

describe('signups', () => {
  describeStores((databases, kind) => {
    let signup: StartedSignup;

    beforeAll(async () => {
      const database = databaseEnvironment(await databases.create());
      signup = await startSignup({ NATS_URL: broker.url, ...database });
      await signup.app.startAllMicroservices();
    });

    afterAll(async () => {
      await signup?.app.close();
    });

    it('accepts a signup, and publishes its event', async () => {
      const body = { email: newAddress(), name: 'Ada', phone: '+14155550123', locale: 'de-CH' };
      const before = Date.now();
      const { status, headers, body: answer } = await signup.post(body);
      expect(status).toBe(202);
      expect(answer).toEqual({ id: expect.stringMatching(UUID), correlationId: expect.stringMatching(UUID) });
      expect(headers.get('location')).toBe(`/signups/${answer.id}`);

      const [message] = await publishedOf(answer);
      const { signedUpAt, userId, ...data } = message!.json<Record<string, string>>();
      expect(data).toEqual(body);
      expect(userId).toMatch(UUID);
      expect(Date.parse(signedUpAt!)).toBeGreaterThanOrEqual(before);
      expect(message!.subject).toBe('events.user.signed-up');
      expect(message!.headers?.get('ce-source')).toBe('signup');
      expect(message!.headers?.get('ce-correlationid')).toBe(answer.correlationId);
      expect(message!.headers?.get('ce-causationid')).toBe('');
    });

    it('shows a signup without personal data', async () => {
      const { headers, body: accepted } = await signup.post({ email: newAddress(), name: 'Ada' });
      const { status, body } = await signup.get(headers.get('location')!);
      expect(status).toBe(200);
      expect(body).toEqual({ ...accepted, status: 'accepted', receivedAt: expect.stringMatching(/Z$/) });
    });

    it('does not find an unknown signup', async () => {
      expect(await signup.get(`/signups/${randomUUID()}`)).toMatchObject({
        status: 404,
        body: { status: 404 },
      });
      expect(await signup.get('/signups/7')).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'id', rule: 'isUuid', message: 'id must be a UUID' }] },
      });
    });

    it('names every rule that a body breaks, and stores no user', async () => {
      const email = newAddress();
      const { status, body } = await signup.post({ email, name: '', phone: '123', locale: 'x', age: 7 });
      expect(status).toBe(400);
      expect(body.errors?.map(({ field, rule }) => `${field}.${rule}`).sort()).toEqual([
        'age.isKnown',
        'locale.isLanguageTag',
        'name.isLength',
        'name.isNotBlank',
        'phone.matches',
      ]);
      expect(await usersOf(email)).toBe(0);
    });

    describe('of a known address', () => {
      it('get the same answer as any other signup, and change nothing', async () => {
        const email = newAddress();
        const first = await signup.post({ email, name: 'Ada' });
        const second = await signup.post({ email: email.toUpperCase(), name: 'Eve', locale: 'fr' });

        expect(second.status).toBe(first.status);
        expect([...second.headers.keys()].sort()).toEqual([...first.headers.keys()].sort());
        expect(Object.keys(second.body)).toEqual(Object.keys(first.body));
        expect(second.headers.get('location')).toBe(`/signups/${second.body.id}`);
        const ids = [first, second].flatMap(({ body }) => [body.id, body.correlationId]);
        expect(new Set(ids).size).toBe(new Set([first.body.id, first.body.correlationId]).size * 2);
        const location = await signup.get(second.headers.get('location')!);
        expect(location).toMatchObject({ status: 200, body: { ...second.body, status: 'accepted' } });

        expect(await usersOf(email)).toBe(1);
        const [message] = await publishedOf(first.body);
        expect(await publishedOf(second.body)).toEqual([]);
        const { userId } = message!.json<UserSignedUp>();
        const [user] = await signup.store.db.select().from(users).where(eq(users.id, userId));
        expect(user).toMatchObject({ email, name: 'Ada', locale: 'en' });
      });

      it('do not reveal the id of the user, with which a client could ask another service', async () => {
        const accepted = await signup.post({ email: newAddress(), name: 'Ada' });
        const [message] = await publishedOf(accepted.body);
        const { userId } = message!.json<UserSignedUp>();
        const status = await signup.get(accepted.headers.get('location')!);
        for (const { body, headers } of [accepted, status]) {
          expect(JSON.stringify([body, [...headers]])).not.toContain(userId);
        }
      });

      // The embedded database has one session, so its transactions wait for one another in any case.
      if (kind === 'postgres')
        it('wait for one another like signups of a new address', async () => {
          const body = { email: newAddress(), name: 'Ada' };
          await signup.post(body);
          const again = await signup.store.db.transaction(async (tx) => {
            await tx.select().from(users).where(eq(users.emailKey, body.email)).for('update');
            const answer = signup.post(body);
            await eventually(async () => expect(await countWaiting()).toBe(1));
            return { answer };
          });
          expect((await again.answer).status).toBe(202);
        });

      it('create one user and one event, even in parallel', async () => {
        const email = newAddress();
        const answers = await Promise.all(
          Array.from({ length: 12 }, () => signup.post({ email, name: 'Ada' })),
        );
        expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(202));
        expect(new Set(answers.map(({ body }) => body.id)).size).toBe(12);
        expect(await usersOf(email)).toBe(1);
        const events = await Promise.all(answers.map(({ body }) => publishedOf(body)));
        expect(events.flat()).toHaveLength(1);
      });
    });

    describe('with an Idempotency-Key', () => {
      const answerOf = ({ status, headers, body }: Answer) => ({
        status,
        location: headers.get('location'),
        body,
      });
      const withKey = (key: string) => ({ 'idempotency-key': key });

      it('get the same answer for the same key and body', async () => {
        const [key, email] = [randomUUID(), newAddress()];
        const first = await signup.post({ email, name: 'Ada' }, withKey(key));
        const again = await signup.post({ locale: 'en', name: 'Ada', email }, withKey(key));
        expect(first.status).toBe(202);
        expect(answerOf(again)).toEqual(answerOf(first));
        expect(await publishedOf(first.body)).toHaveLength(1);
      });

      it('get the same answer for a key that was sent many times in parallel', async () => {
        const [key, email] = [randomUUID(), newAddress()];
        const before = await signup.store.db.$count(signups);
        const answers = await Promise.all(
          Array.from({ length: 12 }, () => signup.post({ email, name: 'Ada' }, withKey(key))),
        );
        expect(new Set(answers.map((answer) => JSON.stringify(answerOf(answer)))).size).toBe(1);
        expect(answers[0]?.status).toBe(202);
        expect(await signup.store.db.$count(signups)).toBe(before + 1);
      });

      it('are refused if the key had another body', async () => {
        const [key, email] = [randomUUID(), newAddress()];
        await signup.post({ email, name: 'Ada' }, withKey(key));
        const other = await signup.post({ email, name: 'Eve' }, withKey(key));
        expect(other).toMatchObject({ status: 422, body: { status: 422, title: 'Unprocessable Entity' } });
        expect(other.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      });

      it('are refused if the key is invalid', async () => {
        const { status, body } = await signup.post(
          { email: newAddress(), name: 'Ada' },
          withKey('x'.repeat(256)),
        );
        expect(status).toBe(400);
        expect(body.errors).toEqual([expect.objectContaining({ field: 'Idempotency-Key' })]);
      });

      it('may use a key again after a day', async () => {
        const [key, email] = [randomUUID(), newAddress()];
        const first = await signup.post({ email, name: 'Ada' }, withKey(key));
        await signup.store.db
          .update(idempotencyKeys)
          .set({ createdAt: sql`now() - interval '25 hours'` })
          .where(eq(idempotencyKeys.key, key));
        const later = await signup.post({ email, name: 'Eve' }, withKey(key));
        expect(later.status).toBe(202);
        expect(later.body.id).not.toBe(first.body.id);
      });
    });

    async function countWaiting(): Promise<number> {
      const { rows } = await signup.store.db.execute<{ count: number }>(
        sql`select count(*)::int as count from pg_stat_activity
          where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rows[0]!.count;
    }

    function usersOf(email: string): Promise<number> {
      return signup.store.db.$count(users, eq(users.emailKey, email.toLowerCase()));
    }

    /** Waits until the outbox is empty, and returns the events of a signup. */
    async function publishedOf({ correlationId }: Answer['body']): Promise<JsMsg[]> {
      await eventually(async () => {
        expect(await signup.store.db.$count(outbox, isNull(outbox.publishedAt))).toBe(0);
      });
      return messagesOf(correlationId!);
    }
  });
});

function newAddress(): string {
  return `${randomUUID()}@example.com`;
}

async function messagesOf(correlationId: string): Promise<JsMsg[]> {
  const consumer = await jetstream(connection).consumers.get(EVENTS_STREAM, { filter_subjects: CHANNEL });
  const { num_pending: max_messages } = await consumer.info();
  const found: JsMsg[] = [];
  if (max_messages === 0) return found;
  for await (const message of await consumer.fetch({ max_messages })) {
    if (message.headers?.get('ce-correlationid') === correlationId) found.push(message);
  }
  return found;
}
