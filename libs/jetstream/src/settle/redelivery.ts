import { errors, type NatsConnection } from '@nats-io/transport-node';
import type { BrokerClock } from '../client/broker-clock.js';
import type { Delivery } from './delivery.js';
import { PublishDeniedError, PublishRefusedError } from '../errors.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { maxBody } from '../wire/payload-limits.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { isolatedAttempt, scheduledRetry, quarantinedRetry } from './scheduled-retry.js';

export interface RedeliveryOptions {
  declaration: ProcessorDeclaration;
  connection: NatsConnection;
  clock: BrokerClock;
  /** Aborts when the service stops: publishing then gives up, and the event is delivered again. */
  stopping: AbortSignal;
}

/** Hands events of a processor back to the broker, to be delivered once more: published anew, they hold no place in flight. */
export class Redelivery {
  constructor(private readonly options: RedeliveryOptions) {}

  /** Whether it is small enough to be published anew, with the headers of a retry. */
  canRepublish({ body }: Delivery): boolean {
    return body.length <= maxBody(this.options.connection);
  }

  /** Lets it come again after `delay` ms. One that is too large to be published anew waits in its place. */
  async retry(delivery: Delivery, delay: number, attemptsUsed = delivery.attempt): Promise<void> {
    const { declaration, clock } = this.options;
    const due = clock.after(delay);
    const isScheduled =
      this.canRepublish(delivery) &&
      (await this.publish(() => scheduledRetry(delivery, declaration.processor, due, attemptsUsed)));
    if (isScheduled) delivery.acknowledge();
    else delivery.nak(delay);
  }

  /** Lets it come again after `delay` ms, as if this delivery had not been made. */
  requeueUncounted(delivery: Delivery, delay: number): Promise<void> {
    return this.retry(delivery, delay, delivery.attempt - 1);
  }

  /**
   * Its last attempt is to be made while nothing else is in hand, so that it pays for nothing but itself. Answers false where the
   * broker does not take it: with the headers of a retry it is too large.
   */
  async quarantine(delivery: Delivery): Promise<boolean> {
    const isApart = await this.publish(() => quarantinedRetry(delivery, this.options.declaration));
    if (isApart) delivery.acknowledge();
    return isApart;
  }

  /** That attempt. The delivery is left to the caller. Answers false where the broker never takes it. */
  publishIsolated(delivery: Delivery): Promise<boolean> {
    return this.publish(() => isolatedAttempt(delivery, this.options.declaration));
  }

  /** Answers false where the broker never takes it, or a stranger's headers cannot be carried on. */
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
