import { NotificationSent, UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import {
  channelOf,
  derivedEventId,
  EVENTS_STREAM,
  EventPublisher,
  JetStreamConnection,
  newEventId,
} from '@cascade/jetstream';
import { inbox } from '@cascade/outbox';
import { Store } from '@cascade/store';
import { databaseEnvironment, describeStores, eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JetStreamManager, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eq } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { getMetadata, startMetadataWriter } from '../../test/start-metadata-writer.js';

let broker: Broker;
let connection: NatsConnection;
let streams: JetStreamManager;
let others: JetStreamConnection;
let publisher: EventPublisher;

beforeAll(async () => {
  broker = await startTestBroker();
  others = new JetStreamConnection({ source: 'others', servers: broker.url });
  publisher = new EventPublisher(others, { source: 'others', publishes: [UserSignedUp, NotificationSent] });
  connection = await connect({ servers: broker.url });
  streams = await jetstreamManager(connection);
}, 120_000);

afterAll(async () => {
  await others?.close();
  await connection?.close();
  await broker?.stop();
});

describe('metadata-writer', () => {
  describeStores((databases) => {
    let writer: NestFastifyApplication;

    beforeAll(async () => {
      const database = databaseEnvironment(await databases.create());
      writer = await startMetadataWriter({ NATS_URL: broker.url, ...database });
    });

    afterAll(async () => {
      await writer?.close();
    });

    it('records a signup and its notification, and announces each', async () => {
      const user = signup({ email: 'ada@Example.com', phone: '+14155550123', locale: 'de-CH' });
      const signupId = await publish(user);
      const afterSignup = await storedEvent(derivedEventId(signupId, 'metadata-writer', 0));
      const sent = notification({ userId: user.userId });
      const sentId = await publish(sent);
      const afterSent = await storedEvent(derivedEventId(sentId, 'metadata-writer-notifications', 0));

      expect(afterSignup.json()).toEqual({
        userId: user.userId,
        fields: ['emailDomain', 'locale', 'signedUpAt', 'rest'],
        recordedAt: expect.stringMatching(/Z$/),
      });
      expect(afterSent.json<UserMetadataRecorded>().fields).toEqual([
        'notificationState',
        'notificationChannel',
        'notificationError',
        'notificationAt',
        'rest',
      ]);
      const response = await getMetadata(writer, user.userId);
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

    it('keeps the state of a notification that comes before its signup', async () => {
      const user = signup({});
      const sentId = await publish(notification({ userId: user.userId }));
      await storedEvent(derivedEventId(sentId, 'metadata-writer-notifications', 0));
      expect(await (await getMetadata(writer, user.userId)).json()).toMatchObject({ signedUpAt: null });

      const signupId = await publish(user);
      await storedEvent(derivedEventId(signupId, 'metadata-writer', 0));

      expect(await (await getMetadata(writer, user.userId)).json()).toMatchObject({
        signedUpAt: user.signedUpAt,
        notificationState: 'sent',
      });
    });

    it('works once on a signup that comes 200 times, and announces the same each time', async () => {
      const user = signup({});
      const eventId = newEventId();
      const announced: string[] = [];
      const subscription = connection.subscribe(channelOf(UserMetadataRecorded.event.name), {
        callback: (_error, message) => void announced.push(message.headers!.get('ce-id') + message.string()),
      });
      // Without Nats-Msg-Id each is stored, as it would be beyond the broker's window for duplicates.
      const eventHeaders = headers();
      eventHeaders.set('ce-id', eventId);
      for (let copy = 0; copy < 200; copy++) {
        connection.publish(channelOf(UserSignedUp.event.name), JSON.stringify(user), {
          headers: eventHeaders,
        });
      }
      await eventually(() => expect(announced).toHaveLength(200), { timeout: 30_000 });
      subscription.unsubscribe();

      expect(new Set(announced).size).toBe(1);
      expect(announced[0]).toContain(derivedEventId(eventId, 'metadata-writer', 0));
      const row = (await (await getMetadata(writer, user.userId)).json()) as {
        createdAt: string;
        updatedAt: string;
      };
      expect(row.updatedAt).toBe(row.createdAt);
      const { db } = writer.get<Store<{ inbox: typeof inbox }>>(Store, { strict: false });
      expect(await db.$count(inbox, eq(inbox.eventId, eventId))).toBe(1);
    }, 40_000);

    it('announces that an overtaken event set nothing', async () => {
      const userId = randomUUID();
      const later = await publish(notification({ userId, sentAt: '2026-01-02T03:04:06Z' }));
      await storedEvent(derivedEventId(later, 'metadata-writer-notifications', 0));
      const earlier = await publish(notification({ userId, sentAt: '2026-01-02T03:04:05Z' }));

      const announced = await storedEvent(derivedEventId(earlier, 'metadata-writer-notifications', 0));

      expect(announced.json<UserMetadataRecorded>().fields).toEqual([]);
    });

    it.each([
      ['a user it never heard of', 404, '0198c0de-7b1e-7000-8000-000000000000'],
      ['an id that is no UUID', 400, 'ada'],
    ])('answers %s with a problem of status %d', async (_who, status, id) => {
      const response = await getMetadata(writer, id);

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

async function publish(event: object): Promise<string> {
  const { id } = await publisher.publish(event, { id: newEventId() });
  return id;
}

/** The `user.metadata-recorded` of this id, once it is stored. */
function storedEvent(id: string): Promise<StoredMsg> {
  return eventually(async () => {
    const channel = channelOf(UserMetadataRecorded.event.name);
    const stored = await streams.streams.getMessage(EVENTS_STREAM, { last_by_subj: channel });
    expect(stored?.header.get('ce-id')).toBe(id);
    return stored!;
  });
}
