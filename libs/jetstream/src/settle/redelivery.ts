import { errors, type NatsConnection } from '@nats-io/transport-node';
import type { BrokerClock } from '../client/broker-clock.js';
import type { Delivery } from './delivery.js';
import { PublishDeniedError, PublishRefusedError } from '../errors.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { maxBody } from '../wire/payload-limits.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { lastAttempt, scheduledRetry } from './scheduled-retry.js';

export interface RedeliveryOptions {
  declaration: ProcessorDeclaration;
  connection: NatsConnection;
  clock: BrokerClock;
  /**
   * Aborts at the end of a stop, after the wait for events in flight. Publishing then gives up, and the broker redelivers the
   * event.
   */
  stopping: AbortSignal;
}

/** Hands events back to the broker for another delivery. An event that is published again is not in flight while it waits. */
export class Redelivery {
  constructor(private readonly options: RedeliveryOptions) {}

  /**
   * Returns true if the event's body is small enough to be published again. The headers of a retry may still make the message too
   * large.
   */
  canRepublish({ body }: Delivery): boolean {
    return body.length <= maxBody(this.options.connection);
  }

  /**
   * Settles the delivery, and requests another delivery of the event after `delay` ms. An event that cannot be published again
   * gets a negative acknowledgement, and stays in flight during the delay. For instance, the event is too large.
   */
  async retry(delivery: Delivery, delay: number, attemptsUsed = delivery.attempt): Promise<true> {
    const { declaration, clock } = this.options;
    const due = clock.after(delay);
    const isScheduled =
      this.canRepublish(delivery) &&
      (await this.publish(() => scheduledRetry(delivery, declaration.processor, due, attemptsUsed)));
    if (isScheduled) delivery.acknowledge();
    else delivery.nak(delay);
    return true;
  }

  /**
   * Does the same as {@link retry}, but does not count this delivery as an attempt. If the event gets a negative acknowledgement,
   * the delivery counts anyway.
   */
  requeueUncounted(delivery: Delivery, delay: number): Promise<true> {
    return this.retry(delivery, delay, delivery.attempt - 1);
  }

  /**
   * Settles the delivery, and postpones the last attempt until nothing else runs in the process. If the message cannot be stored,
   * does not settle the delivery and resolves to false. For instance, the headers of the retry may make the message too large.
   */
  async quarantine(delivery: Delivery): Promise<boolean> {
    const isStored = await this.publish(() => lastAttempt(delivery, this.options.declaration, 'quarantine'));
    if (isStored) delivery.acknowledge();
    return isStored;
  }

  /**
   * Publishes the message of the isolated attempt, without settling the delivery. Resolves to false if the broker refuses the
   * message.
   */
  publishIsolated(delivery: Delivery): Promise<boolean> {
    return this.publish(() => lastAttempt(delivery, this.options.declaration, 'isolated'));
  }

  /** Resolves to false if the broker refuses the message permanently, or if the publisher's headers cannot be encoded. */
  private async publish(messageOf: () => OutgoingMessage): Promise<boolean> {
    const { connection, stopping: signal } = this.options;
    try {
      await publishConfirmed(connection, messageOf(), { signal });
      return true;
    } catch (error) {
      if (error instanceof errors.InvalidArgumentError) return false;
      if (!(error instanceof PublishRefusedError) || error instanceof PublishDeniedError) throw error;
      return false;
    }
  }
}
