import { NotificationSent, UserSignedUp } from '@app/contracts';
import { EventFailed } from '@cascade/jetstream';
import { findMigrations, type Store } from '@cascade/store';
import { describeStores } from '@cascade/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { notificationColumns, notificationFailureColumns, signupColumns } from './columns.js';
import { mergeNotification, mergeSignup } from './merge.js';
import * as schema from './schema.js';

/** Function that merges one event into a user's row. */
type Merge = (store: Store<typeof schema>, userId: string) => Promise<boolean>;

const signup = mergeOfSignup('id-1', { email: 'ada@Old.Example', signedUpAt: '2026-01-02T03:04:05.678Z' });
const signupAtTheSameTime = mergeOfSignup('id-2', {
  email: 'ada@example.com',
  phone: '+14155550123',
  locale: 'de-CH',
  signedUpAt: '2026-01-02T04:04:05.678+01:00',
});
const earlyNotification = mergeOfNotification('id-9', { sentAt: '2026-01-02T03:04:06Z' });
const notification = mergeOfNotification('id-5', { sentAt: '2026-01-02T03:05:00Z' });
const notificationAtTheSameTime = mergeOfNotification('id-6', {
  channel: 'text',
  recipient: '+1415*****23',
  providerMessageId: 'SM123',
  sentAt: '2026-01-02T03:05:00Z',
});
const earlyFailure = mergeOfFailure('id-8', { lastAttemptAt: '2026-01-02T03:04:05.700Z' });
const failure = mergeOfFailure('id-3', { lastAttemptAt: '2026-01-02T04:00:00Z', attempts: 3 });
const failureAtTheSameTime = mergeOfFailure('id-4', {
  lastAttemptAt: '2026-01-02T04:00:00Z',
  reason: 'attempts-exhausted',
  attempts: 5,
  error: { name: 'GatewayUnavailableError', message: 'no answer about ada@example.com' },
});

const expectedSignup = {
  emailDomain: 'example.com',
  locale: 'de-CH',
  signedUpAt: new Date('2026-01-02T03:04:05.678Z'),
};
const expectedNotification = {
  notificationState: 'sent',
  notificationChannel: 'text',
  notificationError: null,
  notificationAt: new Date('2026-01-02T03:05:00.000Z'),
};
const expectedFailure = {
  notificationState: 'failed',
  notificationChannel: null,
  notificationError: 'GatewayUnavailableError',
  notificationAt: new Date('2026-01-02T04:00:00.000Z'),
};
const expected = {
  ...expectedSignup,
  ...expectedNotification,
  rest: {
    signup: { eventId: 'id-2', hasPhone: true },
    notification: { eventId: 'id-6', recipient: '+1415*****23', providerMessageId: 'SM123' },
  },
};

describe('merging events into a row', () => {
  describeStores((databases) => {
    let store: Store<typeof schema>;

    beforeAll(async () => {
      store = await databases.open({
        schema,
        migrations: findMigrations('metadata-writer', import.meta.url),
      });
    });

    it('leads to the same row in each of the 120 orders of five events', async () => {
      const events = [
        signup,
        signupAtTheSameTime,
        earlyNotification,
        notification,
        notificationAtTheSameTime,
      ];
      const rows = await Promise.all(permutations(events).map((order) => rowAfter(store, order)));

      expect(rows).toHaveLength(120);
      for (const row of rows) expect(row).toEqual(expected);
    });

    it('leads to the same row in each of the 90 orders of three events that arrive twice', async () => {
      const events = [signupAtTheSameTime, earlyNotification, notificationAtTheSameTime];
      const rows = await Promise.all(
        permutations([...events, ...events]).map((order) => rowAfter(store, order)),
      );

      expect(rows).toHaveLength(90);
      for (const row of rows) expect(row).toEqual(expected);
    });

    it('is sent in each of the 120 orders of failures before and after the success', async () => {
      const events = [
        signupAtTheSameTime,
        earlyFailure,
        earlyNotification,
        notificationAtTheSameTime,
        failure,
      ];
      const rows = await Promise.all(permutations(events).map((order) => rowAfter(store, order)));

      expect(rows).toHaveLength(120);
      for (const row of rows) expect(row).toEqual(expected);
    });

    it('is sent in each of the 90 orders of signup, success and failure that arrive twice', async () => {
      const events = [signupAtTheSameTime, notificationAtTheSameTime, failure];
      const rows = await Promise.all(
        permutations([...events, ...events]).map((order) => rowAfter(store, order)),
      );

      expect(rows).toHaveLength(90);
      for (const row of rows) expect(row).toEqual(expected);
    });

    it('shows the last failure in each of the 24 orders without a success', async () => {
      const events = [signupAtTheSameTime, earlyFailure, failure, failureAtTheSameTime];
      const rows = await Promise.all(permutations(events).map((order) => rowAfter(store, order)));

      expect(rows).toHaveLength(24);
      for (const row of rows) {
        expect(row).toEqual({
          ...expectedSignup,
          ...expectedFailure,
          rest: {
            signup: expected.rest.signup,
            notification: { eventId: 'id-4', reason: 'attempts-exhausted', attempts: 5 },
          },
        });
      }
    });

    it('leads to the same row if all events arrive twice and in parallel', async () => {
      const events = [
        signup,
        signupAtTheSameTime,
        earlyFailure,
        earlyNotification,
        notification,
        notificationAtTheSameTime,
        failure,
      ];
      for (let round = 0; round < 20; round += 1) {
        const userId = randomUUID();
        await Promise.all([...events, ...events].map((merge) => merge(store, userId)));

        expect(await rowOf(store, userId)).toEqual(expected);
      }
    });

    it('is pending after the signup alone', async () => {
      expect(await rowAfter(store, [signupAtTheSameTime])).toEqual({
        ...expectedSignup,
        notificationState: 'pending',
        notificationChannel: null,
        notificationError: null,
        notificationAt: null,
        rest: { signup: expected.rest.signup },
      });
    });

    it('has only the notification until the signup arrives', async () => {
      expect(await rowAfter(store, [notificationAtTheSameTime])).toEqual({
        ...expectedNotification,
        emailDomain: null,
        locale: null,
        signedUpAt: null,
        rest: { notification: expected.rest.notification },
      });
    });

    it('returns true for a repeated event, which is rewritten, but false for an outranked event', async () => {
      const userId = randomUUID();

      expect(await notification(store, userId)).toBe(true);
      expect(await notification(store, userId)).toBe(true);
      expect(await earlyNotification(store, userId)).toBe(false);
      expect(await failure(store, userId)).toBe(false);
      expect(await signup(store, userId)).toBe(true);
    });

    it('records the times at which the row was created and last written', async () => {
      const userId = randomUUID();
      await signup(store, userId);
      const before = await timesOf(store, userId);
      await notification(store, userId);
      const after = await timesOf(store, userId);

      expect(Math.abs(before.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
      expect(after.createdAt).toEqual(before.createdAt);
      expect(after.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime());
    });
  });
});

function mergeOfSignup(eventId: string, fields: Partial<UserSignedUp>): Merge {
  const event = {
    userId: '',
    email: 'ada@example.com',
    name: 'Ada',
    locale: 'en',
    signedUpAt: '2026-01-02T03:04:05Z',
    ...fields,
  };
  return (store, userId) => mergeSignup(store.db, userId, signupColumns(new UserSignedUp(event), eventId));
}

function mergeOfNotification(eventId: string, fields: Partial<NotificationSent>): Merge {
  const event = {
    userId: '',
    channel: 'email' as const,
    recipient: 'a**@example.com',
    providerMessageId: '<id@cascade.localhost>',
    sentAt: '2026-01-02T03:04:06Z',
    ...fields,
  };
  return (store, userId) =>
    mergeNotification(store.db, userId, notificationColumns(new NotificationSent(event), eventId));
}

function mergeOfFailure(eventId: string, fields: Partial<EventFailed>): Merge {
  const event = {
    processor: 'notifier',
    reason: 'unrecoverable' as const,
    attempts: 1,
    firstAttemptAt: '2026-01-02T03:04:05.680Z',
    lastAttemptAt: '2026-01-02T03:04:05.680Z',
    error: { name: 'MessageRefusedError', message: '550 No such user' },
    original: { stream: 'EVENTS', sequence: 1, subject: 'events.user.signed-up', eventId: 'id-1', size: 0 },
    ...fields,
  };
  return (store, userId) =>
    mergeNotification(store.db, userId, notificationFailureColumns(new EventFailed(event), eventId));
}

async function rowAfter(store: Store<typeof schema>, order: Merge[]) {
  const userId = randomUUID();
  for (const merge of order) await merge(store, userId);
  return rowOf(store, userId);
}

async function rowOf(store: Store<typeof schema>, userId: string) {
  const [{ userId: _userId, createdAt: _createdAt, updatedAt: _updatedAt, ...row }] = await select(
    store,
    userId,
  );
  return row;
}

async function timesOf(store: Store<typeof schema>, userId: string) {
  const [{ createdAt, updatedAt }] = await select(store, userId);
  return { createdAt, updatedAt };
}

async function select(store: Store<typeof schema>, userId: string) {
  const rows = await store.db
    .select()
    .from(schema.userMetadata)
    .where(eq(schema.userMetadata.userId, userId));
  expect(rows).toHaveLength(1);
  return rows as [(typeof rows)[0]];
}

/** Returns all distinct permutations. Equal items are interchangeable. */
function permutations<T>(items: T[]): T[][] {
  if (items.length === 0) return [[]];
  return [...new Set(items)].flatMap((first) => {
    const others = items.toSpliced(items.indexOf(first), 1);
    return permutations(others).map((order) => [first, ...order]);
  });
}
