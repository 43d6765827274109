import type { Msg } from '@nats-io/transport-node';
import type { AckSubject } from '../wire/ack-subject.js';
import { CloudEventHeader } from '../wire/cloud-events.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { read } from '../contract/contract.js';
import { Delivery } from '../settle/delivery.js';
import { AttemptsExhaustedError, PublishTimeoutError } from '../errors.js';
import { EventContext } from '../declare/event-context.js';
import type { Exclusion } from './exclusion.js';
import { describeError } from '../logging/failure-error.js';
import { FailureLog } from '../settle/failure-log.js';
import { FailureRecords } from '../settle/failure-records.js';
import { checkPublishable, eventsOf, messagesOf } from '../publish/next-events.js';
import { maxEvent } from '../wire/payload-limits.js';
import type { FailureReason } from '../events/event-failed.js';
import type { Handle } from '../nest/nest-handler.js';
import { outcomeOf, type Outcome } from '../settle/outcomes.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import type { Passage, ProcessorPause } from '../circuit-breaker/processor-pause.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { Redelivery, type RedeliveryOptions } from '../settle/redelivery.js';
import { Slots } from '../client/slots.js';
import { Suspects } from './suspects.js';

/** Milliseconds before a delivery that could not be settled comes again. */
const UNSETTLED_PAUSE = 1_000;
/** Milliseconds before an event is tried again that the stream of failures had no room for. */
const FULL_PAUSE = 10_000;

/** Milliseconds of a stop in which what waits for a place may still begin. */
const LAST_ENTRY = 1_000;

export interface EventProcessorOptions extends RedeliveryOptions {
  handle: Handle;
  /** None where the processor never pauses. */
  pause: ProcessorPause | undefined;
  /** Of all processors in this process. */
  exclusion: Exclusion;
}

/** Takes one processor's deliveries from arrival to answer. */
export class EventProcessor {
  private readonly log: FailureLog;
  private readonly inHand = new Slots<Delivery>();
  private readonly limit: ConcurrencyLimit;
  private readonly redelivery: Redelivery;
  private readonly failures: FailureRecords;
  private readonly suspects: Suspects;
  private handsBack = false;

  constructor(private readonly options: EventProcessorOptions) {
    this.log = new FailureLog(options.declaration.processor, options.stopping);
    this.limit = new ConcurrencyLimit(options.declaration.concurrency);
    this.redelivery = new Redelivery(options);
    this.failures = new FailureRecords(options);
    this.suspects = new Suspects(
      options.exclusion,
      this.redelivery,
      async (delivery) => void (await this.attempt(delivery)),
    );
  }

  /** Handles one message to its end. Never rejects: what cannot be settled is delivered again. */
  async process(message: Msg, ack: AckSubject): Promise<void> {
    const delivery = new Delivery(this.options.connection, message, ack);
    this.options.clock.heard(delivery.storedAt);
    const slot = this.inHand.add(delivery);
    try {
      if (delivery.suspectState) await this.suspects.process(delivery);
      else await this.settle(delivery);
    } catch (error) {
      // Before it is told: a logger of the user's may throw.
      delivery.retryIn(UNSETTLED_PAUSE);
      this.log.unsettled(delivery, error);
    } finally {
      this.inHand.remove(slot);
    }
  }

  /** Keeps the events in hand from being delivered to another replica; to be called well within `ackWait`. */
  keepAlive(): void {
    for (const delivery of this.inHand.values()) delivery.working();
  }

  /** What waits for a place has a second to get one, and is handed back then; what has one goes on. */
  stop(): void {
    const handBack = (): void => {
      this.handsBack = true;
      this.limit.admitAll();
    };
    setTimeout(handBack, LAST_ENTRY).unref();
  }

  private async settle(delivery: Delivery): Promise<void> {
    while (!(await this.limit.run((hasWaited) => this.begin(delivery, hasWaited)))) {
      if (!(await this.options.pause?.untilOpen())) return delivery.retryIn(0);
    }
  }

  private async begin(delivery: Delivery, hasWaited: boolean): Promise<boolean> {
    if (hasWaited && this.handsBack) return this.leave(delivery);
    if (this.isSuspect(delivery) && (await this.redelivery.setApart(delivery))) return true;
    return this.options.exclusion.run(() => this.attempt(delivery));
  }

  /** Answers false where the processor is paused and the event has to wait here. */
  private async attempt(delivery: Delivery): Promise<boolean> {
    const { pause } = this.options;
    const passage = pause?.enter() ?? 'normal';
    if (passage === 'closed') return this.leave(delivery);
    try {
      await this.publish(await this.run(delivery));
      // Few events are replays of a failure: none but those wait for a promise more.
      if (!delivery.failureId || (await this.failures.markReplayed(delivery, 'handled')))
        delivery.acknowledge();
      else await this.postpone(delivery);
      pause?.succeeded(delivery.eventId, passage);
    } catch (error) {
      // The broker is away or the service stops: no fault of the event, so it is settled when it comes again.
      if (error instanceof PublishTimeoutError) throw error;
      const outcome = outcomeOf(error, delivery.attempt, this.options.declaration, Math.random());
      if (!this.counts(delivery, error, outcome, passage)) return this.leave(delivery);
      await this.fail(delivery, error, outcome);
    }
    return true;
  }

  /**
   * It was delivered before and never answered, and has one attempt left, or none. Whatever else was in hand when the process
   * died looks just the same, and comes back at the same moment as the event that ends the process.
   */
  private isSuspect(delivery: Delivery): boolean {
    const { attempts } = this.options.declaration;
    return delivery.deliveries > 1 && delivery.attempt >= attempts && this.redelivery.fits(delivery);
  }

  /**
   * An event leaves with no attempt used up: where the service stops before it began, and while the processor is paused, since
   * another replica may have more luck with it, and the next probe must be another one. One that is too large to be put back
   * waits for the end of the pause, since each delivery would count.
   */
  private async leave(delivery: Delivery): Promise<boolean> {
    if (!this.redelivery.fits(delivery)) return false;
    await this.redelivery.putBack(delivery, UNSETTLED_PAUSE);
    return true;
  }

  /** Whether the failure uses up an attempt. The pause, which is told of it, may take it on itself. */
  private counts(delivery: Delivery, error: unknown, outcome: Outcome, passage: Passage): boolean {
    const { pause } = this.options;
    const { eventId } = delivery;
    if (!pause) return true;
    const mendable = outcome.kind === 'retry' || outcome.reason === 'attempts-exhausted';
    if (!mendable || error instanceof AttemptsExhaustedError) {
      pause.inconclusive(passage);
      return true;
    }
    const counts = this.isOutage(error, delivery)
      ? pause.metOutage(eventId, error)
      : pause.failedWith(eventId, error);
    // A probe was made in the pause, also where another one has ended that meanwhile.
    return counts && passage !== 'probe';
  }

  private isOutage(error: unknown, delivery: Delivery): boolean {
    try {
      return this.options.declaration.outage(error);
    } catch (fault) {
      this.log.outageFailed(delivery, fault);
      return false;
    }
  }

  /** Resolves to the events that follow. What it needed meanwhile is gone while they are on their way. */
  private async run(delivery: Delivery): Promise<OutgoingMessage[]> {
    const { declaration, connection, handle } = this.options;
    const { consumes, processor, publishes, attempts, identity } = declaration;
    if (delivery.attempt > attempts) {
      throw new AttemptsExhaustedError(
        `delivered ${delivery.attempt} times and never answered: the process crashed or lost the broker each time`,
      );
    }
    const metadata = delivery.metadata(consumes);
    const ceType = metadata.headers[CloudEventHeader.type];
    const reading = read(consumes, delivery.body, ceType);
    const event = reading instanceof Promise ? await reading : reading;
    const context = new EventContext(metadata, processor, publishes, identity);
    const next = eventsOf(await handle(event, context));
    const checking = checkPublishable(next, declaration);
    if (checking) await checking;
    return messagesOf(next, context, maxEvent(connection));
  }

  private async fail(delivery: Delivery, error: unknown, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'retry') await this.retry(delivery, error, outcome.delay);
    else await this.giveUp(delivery, error, outcome.reason);
  }

  private async retry(delivery: Delivery, error: unknown, delay: number): Promise<void> {
    this.log.retried(delivery, error, this.options.declaration.attempts, delay);
    await this.redelivery.retryIn(delivery, delay);
  }

  /** Stores the failure event first: a crash in between makes it again under the same id, and nothing is lost. */
  private async giveUp(delivery: Delivery, error: unknown, reason: FailureReason): Promise<void> {
    const described = describeError(error);
    this.log.deadLettered(delivery, described, reason);
    if (await this.failures.store(delivery, described, reason)) delivery.terminate();
    else await this.postpone(delivery);
  }

  /** The stream of failures is full. That must not hold up the other events, nor cost this one an attempt. */
  private async postpone(delivery: Delivery): Promise<void> {
    this.log.postponed(delivery, FULL_PAUSE);
    await this.redelivery.putBack(delivery, FULL_PAUSE);
  }

  private publish(messages: readonly OutgoingMessage[]): Promise<unknown> {
    const { connection, stopping: signal } = this.options;
    // One promise for each that is on its way, and none for all of them where it is one.
    if (messages.length === 1) return publishConfirmed(connection, messages[0]!, { signal });
    return Promise.all(messages.map((message) => publishConfirmed(connection, message, { signal })));
  }
}
