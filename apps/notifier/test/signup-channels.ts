import { NotificationSent, UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import {
  channelOf,
  CloudEventHeader,
  derivedEventId,
  type EventFailed,
  failureChannelOf,
  newEventId,
} from '@cascade/jetstream';
import { eventually, startTestBroker } from '@cascade/testing';
import { expect } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';

/** A broker of the spec's own, and the channels around the notifier as its neighbours see them. */
export class SignupChannels {
  /** Each `notification.sent` that was published, also one that the broker dropped as a duplicate. */
  readonly sent: Msg[] = [];
  readonly failures: Msg[] = [];
  /** Each further attempt that was put off. */
  readonly retries: Msg[] = [];

  private constructor(
    private readonly broker: Broker,
    private readonly connection: NatsConnection,
  ) {
    this.collect(channelOf(NotificationSent.event.name), this.sent);
    this.collect(failureChannelOf('notifier', UserSignedUp.event.name), this.failures);
    this.collect('retry.notifier.sch.>', this.retries);
  }

  static async start(): Promise<SignupChannels> {
    const broker = await startTestBroker();
    return new SignupChannels(broker, await connect({ servers: broker.url }));
  }

  get natsUrl(): string {
    return this.broker.url;
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.broker.stop();
  }

  /** Needs a notifier that has made the streams. Without a message id: the broker drops no repeat. */
  async publishSignup(
    fields: Partial<UserSignedUp> = {},
    eventId = newEventId(),
  ): Promise<{ user: UserSignedUp; eventId: string }> {
    const user = new UserSignedUp({
      userId: randomUUID(),
      email: 'ada@example.com',
      name: 'Ada',
      locale: 'en',
      signedUpAt: new Date().toISOString(),
      ...fields,
    });
    const ceHeaders = headers();
    ceHeaders.set(CloudEventHeader.id, eventId);
    await jetstream(this.connection).publish(channelOf(UserSignedUp.event.name), JSON.stringify(user), {
      headers: ceHeaders,
    });
    return { user, eventId };
  }

  /** The first `notification.sent` that follows from an event, once it is published. */
  async sentFor(eventId: string): Promise<Msg> {
    const id = derivedEventId(eventId, 'notifier', 0);
    return eventually(() => found(this.sent, CloudEventHeader.id, id), { timeout: 15_000 });
  }

  /** The failure event of an event, once the notifier has given up on it. */
  async failureFor(eventId: string): Promise<EventFailed> {
    const message = await eventually(() => found(this.failures, CloudEventHeader.causationId, eventId));
    return message.json<EventFailed>();
  }

  /** Resolves when a further attempt for an event has been put off. */
  async retryFor(eventId: string): Promise<void> {
    await eventually(() => found(this.retries, CloudEventHeader.id, eventId));
  }

  private collect(subject: string, messages: Msg[]): void {
    this.connection.subscribe(subject, { callback: (_error, message) => void messages.push(message) });
  }
}

function found(messages: Msg[], header: string, value: string): Msg {
  const message = messages.find(({ headers }) => headers?.get(header) === value);
  expect(message).toBeDefined();
  return message!;
}
