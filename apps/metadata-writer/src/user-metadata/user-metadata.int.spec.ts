import { NotificationSent, UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import { derivedEventId, newEventId } from '@cascade/jetstream';
import { inbox } from '@cascade/outbox';
import { Store } from '@cascade/store';
import { databaseEnvironment, describeProcessor, describeStores, eventually } from '@cascade/testing';
import { expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { getMetadata, startMetadataWriter } from '../../test/start-metadata-writer.js';

describeStores((databases) => {
  const start = async (natsUrl: string) => {
    const database = databaseEnvironment(await databases.create());
    const writer = await startMetadataWriter({ NATS_URL: natsUrl, ...database });
    return { writer, stop: () => writer.close() };
  };

  describeProcessor('metadata-writer', start, (test) => {
    /** Publishes an event and waits until it is recorded. */
    async function record(event: object): Promise<{ id: string; recorded: UserMetadataRecorded }> {
      const id = await test.channels.publish(event);
      const seen = await test.channels.published(UserMetadataRecorded, { causedBy: id });
      expect(seen.id).toBe(derivedEventId(id, seen.source!, 0));
      return { id, recorded: seen.data };
    }

    it('records a signup and its notification, and announces both', async () => {
      const user = signup({ email: 'ada@Example.com', phone: '+14155550123', locale: 'de-CH' });
      const { id: signupId, recorded: signupRecorded } = await record(user);
      const sent = notification({ userId: user.userId });
      const { id: sentId, recorded: sentRecorded } = await record(sent);

      expect(signupRecorded).toEqual({
        userId: user.userId,
        fields: ['emailDomain', 'locale', 'signedUpAt', 'rest'],
        recordedAt: expect.stringMatching(/Z$/),
      });
      expect(sentRecorded.fields).toEqual([
        'notificationState',
        'notificationChannel',
        'notificationError',
        'notificationAt',
        'rest',
      ]);
      const response = await getMetadata(test.service.writer, user.userId);
      expect(response.status).toBe(200);
      const body = await response.text();
      expect(JSON.parse(body)).toEqual({
        userId: user.userId,
        emailDomain: 'example.com',
        locale: 'de-CH',
        signedUpAt: user.signedUpAt,
        notificationState: 'sent',
        notificationChannel: 'email',
        notificationError: null,
        notificationAt: sent.sentAt,
        rest: {
          signup: { eventId: signupId, hasPhone: true },
          notification: {
            eventId: sentId,
            recipient: 'a**@example.com',
            providerMessageId: '<id@cascade.localhost>',
          },
        },
        createdAt: expect.stringMatching(/Z$/),
        updatedAt: expect.stringMatching(/Z$/),
      });
      expect(body).not.toMatch(/ada@|Lovelace|4155550123/i);
    });

    it('keeps the state of a notification that arrives before its signup', async () => {
      const user = signup({});
      await record(notification({ userId: user.userId }));
      expect(await (await getMetadata(test.service.writer, user.userId)).json()).toMatchObject({
        signedUpAt: null,
      });

      await record(user);

      expect(await (await getMetadata(test.service.writer, user.userId)).json()).toMatchObject({
        signedUpAt: user.signedUpAt,
        notificationState: 'sent',
      });
    });

    it('records a signup that is delivered 200 times only once, and announces the same result each time', async () => {
      const user = signup({});
      const causedBy = newEventId();
      await Promise.all(Array.from({ length: 200 }, () => test.channels.publish(user, causedBy)));

      const announced = () => test.channels.announced(UserMetadataRecorded, { causedBy });
      await eventually(() => expect(announced()).toHaveLength(200), { timeout: 30_000 });
      expect(new Set(announced().map((each) => JSON.stringify(each))).size).toBe(1);
      expect(announced()[0]!.id).toBe(derivedEventId(causedBy, 'metadata-writer', 0));
      const row = (await (await getMetadata(test.service.writer, user.userId)).json()) as {
        createdAt: string;
        updatedAt: string;
      };
      expect(row.updatedAt).toBe(row.createdAt);
      const { db } = test.service.writer.get<Store<{ inbox: typeof inbox }>>(Store, { strict: false });
      expect(await db.$count(inbox, eq(inbox.eventId, causedBy))).toBe(1);
    }, 40_000);

    it('announces that an outranked event set no fields', async () => {
      const userId = randomUUID();
      await record(notification({ userId, sentAt: '2026-01-02T03:04:06Z' }));
      const { recorded } = await record(notification({ userId, sentAt: '2026-01-02T03:04:05Z' }));

      expect(recorded.fields).toEqual([]);
    });

    it.each([
      ['an unknown user', 404, '0198c0de-7b1e-7000-8000-000000000000'],
      ['an id that is not a UUID', 400, 'ada'],
    ])('answers %s with a problem of status %d', async (_who, status, id) => {
      const response = await getMetadata(test.service.writer, id);

      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await response.json()).toMatchObject({ status, detail: expect.any(String) });
    });
  });
});

function signup(fields: Partial<UserSignedUp>): UserSignedUp {
  return new UserSignedUp({
    userId: randomUUID(),
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    locale: 'en',
    signedUpAt: new Date().toISOString(),
    ...fields,
  });
}

function notification(fields: Partial<NotificationSent>): NotificationSent {
  return new NotificationSent({
    userId: randomUUID(),
    channel: 'email',
    recipient: 'a**@example.com',
    providerMessageId: '<id@cascade.localhost>',
    sentAt: new Date().toISOString(),
    ...fields,
  });
}
