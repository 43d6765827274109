import { NotificationSent, UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import {
  channelOf,
  Consumes,
  derivedEventId,
  type EventFailed,
  EventPublisher,
  failureChannelOf,
  FAILURES_STREAM,
  JetStreamModule,
  Replays,
  UnrecoverableError,
} from '@cascade/jetstream';
import { createService, readConfig, ServiceConfig } from '@cascade/service';
import { databaseEnvironment, describeStores, eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Controller, type INestApplication, Module } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { getMetadata, startMetadataWriter } from '../../test/start-metadata-writer.js';

const FAILURES_OF_NOTIFIER = failureChannelOf('notifier', UserSignedUp.event.name);
const PROCESSOR = 'metadata-writer-failures';

class MessageRefusedError extends UnrecoverableError {}

let refusing: boolean;

/** Test double of the notifier. The metadata-writer depends only on the processor name and the channels of the notifier. */
@Controller()
class Notifier {
  @Consumes(UserSignedUp, { processor: 'notifier', publishes: [NotificationSent] })
  notify(@Payload() { userId, email }: UserSignedUp): NotificationSent {
    if (refusing) throw new MessageRefusedError(`550 no such user: ${email}`);
    const sentAt = new Date().toISOString();
    return new NotificationSent({
      userId,
      channel: 'email',
      recipient: 'a**@example.com',
      providerMessageId: '<1@x>',
      sentAt,
    });
  }
}

let broker: Broker;
let connection: NatsConnection;
let streams: JetStreamManager;
let notifier: INestApplication;
/** All `user.metadata-recorded` events by id. */
const announced = new Map<string, UserMetadataRecorded>();

beforeAll(async () => {
  broker = await startTestBroker();
  connection = await connect({ servers: broker.url });
  streams = await jetstreamManager(connection);
  connection.subscribe(channelOf(UserMetadataRecorded.event.name), {
    callback: (_error, message) => void announced.set(message.headers!.get('ce-id'), message.json()),
  });
  notifier = await startNotifier();
}, 120_000);

afterAll(async () => {
  await notifier?.close();
  await connection?.close();
  await broker?.stop();
});

describe("metadata-writer and the notifier's failures", () => {
  describeStores((databases) => {
    let writer: NestFastifyApplication;

    beforeAll(async () => {
      const database = databaseEnvironment(await databases.create());
      writer = await startMetadataWriter({ NATS_URL: broker.url, ...database });
    });

    beforeEach(() => {
      refusing = false;
    });

    afterAll(async () => {
      await writer?.close();
    });

    it('records that the welcome could not be sent, and that a replay sent it', async () => {
      refusing = true;
      const user = await publishSignup();
      const { failure, id: failureId } = await failureOf(user);
      const failed = await eventually(async () => {
        const row = await rowOf(writer, user.userId);
        expect(row).toMatchObject({ notificationState: 'failed', signedUpAt: user.signedUpAt });
        return row;
      });

      expect(failed).toMatchObject({
        notificationError: 'MessageRefusedError',
        notificationChannel: null,
        notificationAt: failure.lastAttemptAt,
        rest: { notification: { eventId: failureId, reason: 'unrecoverable', attempts: 1 } },
      });
      expect(JSON.stringify(failed)).not.toMatch(/ada@|no such user|Lovelace/);
      expect((await announcementOf(failureId, PROCESSOR)).fields).toEqual([
        'notificationState',
        'notificationChannel',
        'notificationError',
        'notificationAt',
        'rest',
      ]);

      refusing = false;
      const replays = writer.get(Replays, { strict: false });
      await replays.replayFailures({ failureIds: [failureId] }, { by: 'spec', reason: 'the mailbox exists' });

      const sent = await eventually(async () => {
        const row = await rowOf(writer, user.userId);
        expect(row).toMatchObject({ notificationState: 'sent' });
        return row;
      });
      expect(sent).toMatchObject({
        notificationChannel: 'email',
        notificationError: null,
        rest: {
          notification: {
            eventId: expect.any(String),
            recipient: 'a**@example.com',
            providerMessageId: '<1@x>',
          },
        },
      });
      expect(JSON.stringify(sent)).not.toContain(failureId);
    });

    it('records the failure of a signup that is too large for the failure event', async () => {
      refusing = true;
      const user = signup();
      const large = JSON.stringify({ ...user, padding: 'x'.repeat(1_040_000) });
      await jetstream(connection).publish(channelOf(UserSignedUp.event.name), large);

      await eventually(async () =>
        expect(await rowOf(writer, user.userId)).toMatchObject({
          notificationState: 'failed',
          notificationError: 'MessageRefusedError',
        }),
      );
      const stored = await streams.streams.getMessage(FAILURES_STREAM, {
        last_by_subj: FAILURES_OF_NOTIFIER,
      });
      expect(stored!.json<EventFailed>().original).not.toHaveProperty('body');
    });

    it('keeps the state sent if a replay fails afterwards', async () => {
      const user = await publishSignup();
      const sent = await eventually(async () => {
        const row = await rowOf(writer, user.userId);
        expect(row).toMatchObject({ notificationState: 'sent', signedUpAt: user.signedUpAt });
        return row;
      });

      refusing = true;
      await writer
        .get(Replays, { strict: false })
        .replayChannel(
          { processor: 'notifier', event: UserSignedUp.event.name, since: new Date(user.signedUpAt) },
          { by: 'spec', reason: 'by mistake' },
        );
      const { id: failureId } = await failureOf(user);

      expect((await announcementOf(failureId, PROCESSOR)).fields).toEqual([]);
      expect(await rowOf(writer, user.userId)).toEqual(sent);
    });

    it('records nothing for an event without a user', async () => {
      const { seq } = await jetstream(connection).publish(
        channelOf(UserSignedUp.event.name),
        '{"userId":17}',
      );

      const failure = await eventually(async () => {
        const stored = await streams.streams.getMessage(FAILURES_STREAM, {
          last_by_subj: FAILURES_OF_NOTIFIER,
        });
        expect(stored?.json<EventFailed>().original.sequence).toBe(seq);
        return stored!;
      });

      await eventually(async () => {
        const { ack_floor } = await streams.consumers.info(FAILURES_STREAM, PROCESSOR);
        expect(ack_floor.stream_seq).toBeGreaterThanOrEqual(failure.seq);
      });
      expect(announced.has(derivedEventId(failure.header.get('ce-id'), PROCESSOR, 0))).toBe(false);
      const { state } = await streams.streams.info(FAILURES_STREAM, {
        subjects_filter: `failed.${PROCESSOR}.>`,
      });
      expect(state.subjects ?? {}).toEqual({});
    });
  });
});

async function startNotifier(): Promise<INestApplication> {
  @Module({
    imports: [
      JetStreamModule.forRoot({ source: 'notifier', servers: broker.url, publishes: [UserSignedUp] }),
    ],
    controllers: [Notifier],
  })
  class NotifierModule {}

  const config = readConfig(ServiceConfig, { PORT: '0', LOG_LEVEL: 'fatal' });
  const app = await createService(NotifierModule, config);
  await app.startAllMicroservices();
  return app;
}

function signup(): UserSignedUp {
  return new UserSignedUp({
    userId: randomUUID(),
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    locale: 'en',
    signedUpAt: new Date().toISOString(),
  });
}

async function publishSignup(): Promise<UserSignedUp> {
  const user = signup();
  await notifier.get(EventPublisher, { strict: false }).publish(user);
  return user;
}

/** Waits until the newest failure event of the notifier belongs to this user's signup, and returns that failure event. */
function failureOf({ userId }: UserSignedUp): Promise<{ id: string; failure: EventFailed }> {
  return eventually(async () => {
    const stored = await streams.streams.getMessage(FAILURES_STREAM, { last_by_subj: FAILURES_OF_NOTIFIER });
    const failure = stored!.json<EventFailed>();
    expect(failure.original.body?.data).toContain(userId);
    return { id: stored!.header.get('ce-id'), failure };
  });
}

/** Waits for the `user.metadata-recorded` event that the processor publishes for the event with this id. */
function announcementOf(eventId: string, processor: string): Promise<UserMetadataRecorded> {
  return eventually(() => {
    const event = announced.get(derivedEventId(eventId, processor, 0));
    expect(event).toBeDefined();
    return event!;
  });
}

async function rowOf(writer: NestFastifyApplication, userId: string): Promise<unknown> {
  const response = await getMetadata(writer, userId);
  expect(response.status).toBe(200);
  return response.json();
}
