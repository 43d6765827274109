import { describeError } from '../logging/failure-error.js';
import type { FailureReason } from '../events/event-failed.js';
import type { Delivery } from './delivery.js';
import type { FailureLog } from './failure-log.js';
import { FailureWriter } from './failure-writer.js';
import { FULL_DELAY_MS, type Outcome } from './outcomes.js';
import { Redelivery, type RedeliveryOptions } from './redelivery.js';

/** Carries out an {@link Outcome}. Stores everything that must not be lost, and then settles the delivery at the broker. */
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
   * Carries out the outcome of a delivery. The result is false if the delivery stays unsettled. The event must then be attempted,
   * or is too large to be published again.
   *
   * @param error error of a failed attempt; undefined for any other outcome
   * @throws PublishTimeoutError if the broker does not confirm a message that must be stored first
   */
  settle(delivery: Delivery, outcome: Outcome, error?: unknown): boolean | Promise<boolean> {
    switch (outcome.kind) {
      case 'attempt':
        return false;
      case 'quarantine':
        return this.redelivery.canRepublish(delivery) && this.redelivery.quarantine(delivery);
      case 'requeue':
        return (
          this.redelivery.canRepublish(delivery) && this.redelivery.requeueUncounted(delivery, outcome.delay)
        );
      case 'acknowledge':
        // Only replays of failures need this extra await.
        if (delivery.failureId) return this.acknowledgeReplay(delivery);
        delivery.acknowledge();
        return true;
      case 'retry':
        this.log.retried(delivery, error, this.options.declaration.attempts, outcome.delay);
        return this.redelivery.retry(delivery, outcome.delay);
      case 'dead-letter':
        return this.deadLetter(delivery, error, outcome.reason);
      case 'redeliver':
        delivery.nak(outcome.delay);
        this.log.unsettled(delivery, error);
        return true;
    }
  }

  /** Acknowledges the delivery after the state of the replayed failure is stored. */
  private async acknowledgeReplay(delivery: Delivery): Promise<true> {
    if (!(await this.failures.markReplayed(delivery, 'handled'))) return this.postpone(delivery);
    delivery.acknowledge();
    return true;
  }

  /**
   * Terminates the delivery after the failure event is stored. If the process crashes in between, the failure event is published
   * again with the same id.
   */
  private async deadLetter(delivery: Delivery, error: unknown, reason: FailureReason): Promise<true> {
    const described = describeError(error);
    if (!(await this.failures.store(delivery, described, reason))) return this.postpone(delivery);
    delivery.terminate();
    this.log.deadLettered(delivery, described, reason);
    return true;
  }

  /**
   * Requeues the event because the stream of failures is full. A full stream must neither delay other events nor use up an
   * attempt.
   */
  private postpone(delivery: Delivery): Promise<true> {
    this.log.postponed(delivery, FULL_DELAY_MS);
    return this.redelivery.requeueUncounted(delivery, FULL_DELAY_MS);
  }
}
