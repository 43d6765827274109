import type { Msg } from '@nats-io/transport-node';
import type { Admission, CircuitBreaker } from '../circuit-breaker/circuit-breaker.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { Slots } from '../client/slots.js';
import { PublishTimeoutError } from '../errors.js';
import type { Handle } from '../nest/nest-handler.js';
import { Delivery } from '../settle/delivery.js';
import { FailureLog } from '../settle/failure-log.js';
import { decide, isTransient, REQUEUE_DELAY_MS, type Happened } from '../settle/outcomes.js';
import type { RedeliveryOptions } from '../settle/redelivery.js';
import { Settlement } from '../settle/settlement.js';
import type { AckSubject } from '../wire/ack-subject.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { nextMessages } from './next-messages.js';
import { Quarantine } from './quarantine.js';
import { Semaphore } from './semaphore.js';
import type { SharedExclusiveLock } from './shared-exclusive-lock.js';

const ARRIVED: Happened = { what: 'arrived' };
const REJECTED: Happened = { what: 'rejected' };
const HANDLED: Happened = { what: 'handled' };

/** Grace period in milliseconds. After a stop begins, queued events may still start during this period. */
const LAST_START_MS = 1_000;

export interface EventProcessorOptions extends RedeliveryOptions {
  handle: Handle;
  /** Circuit breaker of the processor; undefined if the processor never pauses. */
  breaker: CircuitBreaker | undefined;
  /** Lock that is shared by all processors of this process. */
  lock: SharedExclusiveLock;
}

/**
 * Takes each delivery of one processor from its arrival to its settlement.
 *
 * A delivery passes four gates. The puller requests only as many messages as may be in flight. The semaphore limits the number of
 * concurrent attempts. The lock keeps other work out during an isolated attempt. The circuit breaker comes last, because each
 * call of `admit` may use up a probe.
 */
export class EventProcessor {
  private readonly log: FailureLog;
  private readonly inFlight = new Slots<Delivery>();
  private readonly semaphore: Semaphore;
  private readonly settlement: Settlement;
  private readonly quarantine: Quarantine;
  private isHandingBack = false;

  constructor(private readonly options: EventProcessorOptions) {
    this.log = new FailureLog(options.declaration.processor, options.stopping);
    this.semaphore = new Semaphore(options.declaration.concurrency);
    this.settlement = new Settlement(options, this.log);
    this.quarantine = new Quarantine(options.lock, this.settlement.redelivery);
  }

  /**
   * Handles one message and settles its delivery. The promise rejects only if a logger of the application throws. If an event
   * cannot be settled, the broker redelivers the event.
   */
  async process(message: Msg, ack: AckSubject): Promise<void> {
    const delivery = new Delivery(this.options.connection, message, ack);
    this.options.clock.heard(delivery.storedAt);
    const slot = this.inFlight.add(delivery);
    try {
      if (delivery.quarantineStage) await this.quarantine.process(delivery, () => this.attempt(delivery));
      else await this.queue(delivery);
    } catch (error) {
      if (delivery.isSettled) return this.log.failedAfterwards(delivery, error);
      // The event is handed back before the error is logged, because a logger of the application may throw.
      delivery.nak(REQUEUE_DELAY_MS);
      this.log.unsettled(delivery, error);
    } finally {
      this.inFlight.remove(slot);
    }
  }

  /**
   * Restarts `ackWait` of the events in flight, so that no other replica gets these events. Must be called at intervals that are
   * much shorter than `ackWait`.
   */
  keepAlive(): void {
    for (const delivery of this.inFlight.values()) delivery.working();
  }

  /**
   * Lets queued events start for one more second, and then hands the remaining queued events back to the broker. Running handlers
   * finish.
   */
  stop(): void {
    const handBack = (): void => {
      this.isHandingBack = true;
      this.semaphore.releaseAll();
    };
    setTimeout(handBack, LAST_START_MS).unref();
  }

  /**
   * Begins the attempt of a delivery when a permit is free. During a pause, an event that is too large to be published again
   * waits in this method. The event is not handed back, because each redelivery would count as an attempt.
   */
  private async queue(delivery: Delivery): Promise<void> {
    while (!(await this.semaphore.run((hasWaited) => this.begin(delivery, hasWaited)))) {
      if (!(await this.options.breaker?.waitForAdmission())) return delivery.nak(0);
    }
  }

  /** Resolves to false if the delivery was not settled and must wait. */
  private async begin(delivery: Delivery, hasWaited: boolean): Promise<boolean> {
    if (hasWaited && this.isHandingBack) return this.settle(delivery, REJECTED);
    const settling = this.settle(delivery, ARRIVED);
    // `settling` is false for nearly every event. Awaiting `false` would cost each event a promise.
    if (settling !== false && (await settling)) return true;
    return this.options.lock.runShared(() => this.attempt(delivery));
  }

  /** Resolves to false if the circuit breaker rejects the delivery and the delivery must wait. */
  private async attempt(delivery: Delivery): Promise<boolean> {
    const { breaker } = this.options;
    const admission = breaker?.admit() ?? 'normal';
    if (admission === 'rejected') return this.settle(delivery, REJECTED);
    try {
      await this.publish(await nextMessages(delivery, this.options));
    } catch (error) {
      const isCounted = this.isCounted(delivery, error, admission);
      return this.settle(delivery, { what: 'failed', error, isCounted });
    }
    const isSettled = await this.settle(delivery, HANDLED);
    breaker?.succeeded(delivery.eventId, admission);
    return isSettled;
  }

  private settle(delivery: Delivery, happened: Happened): boolean | Promise<boolean> {
    const { attempt, deliveries } = delivery;
    const situation = { attempt, deliveries, policy: this.options.declaration, random: Math.random };
    const error = happened.what === 'failed' ? happened.error : undefined;
    return this.settlement.settle(delivery, decide(happened, situation), error);
  }

  /** Reports the failure to the circuit breaker. Returns false if the attempt must not count. */
  private isCounted(delivery: Delivery, error: unknown, admission: Admission): boolean {
    const { breaker, declaration } = this.options;
    if (!breaker || error instanceof PublishTimeoutError) return true;
    if (!isTransient(error, declaration)) {
      breaker.inconclusive(admission);
      return true;
    }
    const isCounted = this.isOutage(error, delivery)
      ? breaker.metOutage(delivery.eventId, error)
      : breaker.failedWith(delivery.eventId, error);
    // The attempt of a probe does not count, even if another probe has ended the pause by now.
    return isCounted && admission !== 'probe';
  }

  private isOutage(error: unknown, delivery: Delivery): boolean {
    try {
      return this.options.declaration.outage(error);
    } catch (fault) {
      this.log.outageFailed(delivery, fault);
      return false;
    }
  }

  private publish(messages: readonly OutgoingMessage[]): Promise<unknown> {
    const { connection, stopping: signal } = this.options;
    // A single message needs no `Promise.all`.
    if (messages.length === 1) return publishConfirmed(connection, messages[0]!, { signal });
    return Promise.all(messages.map((message) => publishConfirmed(connection, message, { signal })));
  }
}
