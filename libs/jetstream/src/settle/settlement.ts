import { describeError } from '../logging/failure-error.js';
import type { FailureReason } from '../events/event-failed.js';
import type { Delivery } from './delivery.js';
import type { FailureLog } from './failure-log.js';
import { FailureWriter } from './failure-writer.js';
import { FULL_DELAY_MS, type Outcome } from './outcomes.js';
import { Redelivery, type RedeliveryOptions } from './redelivery.js';

/** Carries out what was decided: answers the broker, and stores first what must not be lost. */
export class Settlement {
  readonly redelivery: Redelivery;
  private readonly failures: FailureWriter;

  constructor(
    private readonly options: RedeliveryOptions,
    private readonly log: FailureLog,
  ) {
    this.redelivery = new Redelivery(options);
    this.failures = new FailureWriter(options);
  }

  /**
   * Resolves to false if the delivery stays here unanswered: it is to be published again, and is too large for that.
   *
   * @param error why it failed, if it did
   * @throws PublishTimeoutError if the broker does not confirm what must be stored before
   */
  settle(delivery: Delivery, outcome: Outcome, error?: unknown): boolean | Promise<boolean> {
    switch (outcome.kind) {
      case 'attempt':
        return false;
      case 'quarantine':
        return this.canRepublish(delivery) && this.redelivery.quarantine(delivery);
      case 'requeue':
        return this.canRepublish(delivery) && this.requeue(delivery, outcome.delay);
      case 'acknowledge':
        // Few events are replays of a failure. The others need no promise for this.
        if (delivery.failureId) return this.acknowledgeReplay(delivery);
        delivery.acknowledge();
        return true;
      case 'retry':
        this.log.retried(delivery, error, this.options.declaration.attempts, outcome.delay);
        return this.retry(delivery, outcome.delay);
      case 'dead-letter':
        return this.deadLetter(delivery, error, outcome.reason);
      case 'redeliver':
        delivery.nak(outcome.delay);
        this.log.unsettled(delivery, error);
        return true;
    }
  }

  private canRepublish(delivery: Delivery): boolean {
    return this.redelivery.canRepublish(delivery);
  }

  private async requeue(delivery: Delivery, delay: number): Promise<true> {
    await this.redelivery.requeueUncounted(delivery, delay);
    return true;
  }

  private async retry(delivery: Delivery, delay: number): Promise<true> {
    await this.redelivery.retry(delivery, delay);
    return true;
  }

  /** Stores first that the replay of the failure was handled. */
  private async acknowledgeReplay(delivery: Delivery): Promise<true> {
    if (!(await this.failures.markReplayed(delivery, 'handled'))) return this.postpone(delivery);
    delivery.acknowledge();
    return true;
  }

  /** The failure event is stored first: a crash in between makes it again under the same id, and nothing is lost. */
  private async deadLetter(delivery: Delivery, error: unknown, reason: FailureReason): Promise<true> {
    const described = describeError(error);
    this.log.deadLettered(delivery, described, reason);
    if (!(await this.failures.store(delivery, described, reason))) return this.postpone(delivery);
    delivery.terminate();
    return true;
  }

  /** The stream of failures is full. That must neither hold up the other events nor cost this one an attempt. */
  private postpone(delivery: Delivery): Promise<true> {
    this.log.postponed(delivery, FULL_DELAY_MS);
    return this.requeue(delivery, FULL_DELAY_MS);
  }
}
