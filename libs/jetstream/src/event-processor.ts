import { Logger } from '@nestjs/common';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { CloudEventHeader } from './cloud-events.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { publishConfirmed, type OutgoingMessage } from './confirmed-publish.js';
import { readEvent } from './contract.js';
import { deadLetter } from './dead-letter.js';
import { Delivery } from './delivery.js';
import { AttemptsExhaustedError, PublishTimeoutError } from './errors.js';
import { EventContext } from './event-context.js';
import { describeError, nameError, type FailureError } from './event-failed.js';
import { failureStateMessage, type FailureStateName } from './failure-state.js';
import { nextEvents } from './next-events.js';
import { maxBody, maxEvent } from './payload-limits.js';
import { outcomeOf, type FailureReason, type Outcome } from './outcomes.js';
import type { ProcessorDeclaration } from './processor-options.js';
import { StoppedWhilePausedError, type Passage, type ProcessorPause } from './processor-pause.js';
import { scheduledRetry, suspectRetry } from './scheduled-retry.js';

/** Runs the handler through Nest's pipeline and resolves with everything that it returned. */
export type Handle = (event: object, context: EventContext) => Promise<readonly unknown[]>;

/** Milliseconds before a delivery that could not be settled comes again. */
const UNSETTLED_PAUSE = 1_000;

export interface EventProcessorOptions {
  declaration: ProcessorDeclaration;
  connection: NatsConnection;
  handle: Handle;
  /** None where the processor never pauses. */
  pause: ProcessorPause | undefined;
  /** Aborts when the service stops: publishing then gives up, and the event is delivered again. */
  stopping: AbortSignal;
}

/** Takes one processor's deliveries from arrival to answer. */
export class EventProcessor {
  private readonly logger: Logger;
  private readonly inHand = new Set<Delivery>();
  private readonly limit: ConcurrencyLimit;

  constructor(private readonly options: EventProcessorOptions) {
    this.logger = new Logger(options.declaration.processor);
    this.limit = new ConcurrencyLimit(options.declaration.concurrency);
  }

  /** Handles one message to its end. Never rejects: what cannot be settled is delivered again. */
  async process(message: Msg): Promise<void> {
    const delivery = new Delivery(this.options.connection, message);
    this.inHand.add(delivery);
    try {
      await this.limit.run(() => this.attempt(delivery));
    } catch (error) {
      this.logger.error(
        `event ${delivery.eventId} could not be settled and comes again: ${nameError(error).message}`,
      );
      delivery.retryIn(UNSETTLED_PAUSE);
    } finally {
      this.inHand.delete(delivery);
    }
  }

  /** Keeps the events in hand from being delivered to another replica; to be called well within `ackWait`. */
  keepAlive(): void {
    for (const delivery of this.inHand) delivery.working();
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const { pause } = this.options;
    if (this.isSuspect(delivery)) return this.setApart(delivery);
    const passage = await this.enter(delivery);
    if (!passage) return;
    try {
      await this.run(delivery);
      await this.markReplayed(delivery, 'handled');
      delivery.acknowledge();
      return pause?.succeeded();
    } catch (error) {
      // The broker is away or the service stops: no fault of the event, so it is settled when it comes again.
      if (error instanceof PublishTimeoutError) throw error;
      const outcome = outcomeOf(error, delivery.attempt, this.options.declaration, Math.random());
      if (this.counts(delivery, error, outcome, passage)) return this.fail(delivery, error, outcome);
      // While the processor is paused no attempts are used up. The event leaves its place: it may be what fails by itself, and
      // the next probe must be another one.
      return this.putBack(delivery, UNSETTLED_PAUSE);
    }
  }

  /**
   * It was delivered before and never answered, and has one attempt left, or none. Whatever else was in hand when the process
   * died looks just the same, and comes back at the same moment as the event that ends the process. Too large a one cannot be
   * set apart.
   */
  private isSuspect({ deliveries, attempt, isAlone, body }: Delivery): boolean {
    const { attempts } = this.options.declaration;
    return deliveries > 1 && attempt >= attempts && !isAlone && body.length <= this.room;
  }

  /** Its last attempt is to be made while no other suspect is in hand, so that it pays for nothing but itself. */
  private async setApart(delivery: Delivery): Promise<void> {
    const { processor, attempts } = this.options.declaration;
    await this.publish(suspectRetry(delivery, processor, attempts - 1));
    delivery.acknowledge();
  }

  /** Waits while the processor is paused. Where the service stops meanwhile, the event is put back, and nothing is answered. */
  private async enter(delivery: Delivery): Promise<Passage | undefined> {
    try {
      return (await this.options.pause?.enter()) ?? 'normal';
    } catch (error) {
      if (!(error instanceof StoppedWhilePausedError)) throw error;
      await this.putBack(delivery);
      return undefined;
    }
  }

  private counts(delivery: Delivery, error: unknown, outcome: Outcome, passage: Passage): boolean {
    const { pause, declaration } = this.options;
    const mendable = outcome.kind === 'retry' || outcome.reason === 'attempts-exhausted';
    if (mendable && pause) {
      return declaration.outage(error)
        ? pause.metOutage(delivery.eventId, error, passage)
        : pause.failedWith(delivery.eventId, error, passage);
    }
    pause?.inconclusive(passage);
    return true;
  }

  private async run(delivery: Delivery): Promise<void> {
    const { consumes, processor, publishes, attempts } = this.options.declaration;
    if (delivery.attempt > attempts) {
      throw new AttemptsExhaustedError(
        `delivered ${delivery.attempt} times and never answered: the process crashed or lost the broker each time`,
      );
    }
    const metadata = delivery.metadata(consumes);
    const event = await readEvent(consumes, delivery.body, metadata.headers[CloudEventHeader.type]);
    const context = new EventContext(metadata, processor, publishes);
    const returned = await this.options.handle(event, context);
    const next = await nextEvents(
      returned,
      this.options.declaration,
      context,
      maxEvent(this.options.connection),
    );
    await Promise.all(next.map((message) => this.publish(message)));
  }

  private async fail(delivery: Delivery, error: unknown, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'retry') await this.retry(delivery, error, outcome.delay);
    else await this.giveUp(delivery, error, outcome.reason);
  }

  /** Lets it come again after `delay` ms, as if this delivery had not been made. */
  private async putBack(delivery: Delivery, delay = 0): Promise<void> {
    if (delivery.body.length > this.room) return delivery.retryIn(delay);
    const { processor } = this.options.declaration;
    await this.publish(scheduledRetry(delivery, processor, delay, delivery.attempt - 1));
    delivery.acknowledge();
  }

  private async retry(delivery: Delivery, error: unknown, delay: number): Promise<void> {
    this.logger.warn(
      `event ${delivery.eventId} failed at attempt ${delivery.attempt} of ${this.options.declaration.attempts}, ` +
        // Where it comes from is told once, for whoever writes the handler.
        `next in ${(delay / 1_000).toFixed(1)} s: ${textOf(delivery.attempt === 1 ? describeError(error) : nameError(error))}`,
    );
    // Too large to carry the headers of a retry as well: it waits in its place.
    if (delivery.body.length > this.room) return delivery.retryIn(delay);
    await this.publish(scheduledRetry(delivery, this.options.declaration.processor, delay));
    delivery.acknowledge();
  }

  /** Stores the failure event first: a crash in between makes it again under the same id, and nothing is lost. */
  private async giveUp(delivery: Delivery, error: unknown, reason: FailureReason): Promise<void> {
    const described = describeError(error);
    this.logger.error(`event ${delivery.eventId} dead-lettered, ${reason}: ${textOf(described)}`);
    const failure = deadLetter(delivery, this.options.declaration, described, reason, this.room);
    await this.publish(failure);
    await this.markReplayed(delivery, 'failed-again', failure.id);
    delivery.terminate();
  }

  /** Says of the failure event that was replayed what became of it. */
  private async markReplayed(
    delivery: Delivery,
    state: FailureStateName,
    failedAgainAs?: string,
  ): Promise<void> {
    const { failureId, replayId } = delivery;
    if (!failureId || !replayId) return;
    const at = new Date().toISOString();
    const change = { failureId, state, at, replayId, ...(failedAgainAs ? { failedAgainAs } : {}) };
    await this.publish(
      failureStateMessage(change, this.options.declaration.processor, delivery.correlationId),
    );
  }

  private async publish(message: OutgoingMessage): Promise<void> {
    await publishConfirmed(this.options.connection, message, { signal: this.options.stopping });
  }

  /** Bytes that a message may have beside its headers. */
  private get room(): number {
    return maxBody(this.options.connection);
  }
}

function textOf({ name, message, stack }: FailureError): string {
  return stack ?? `${name}: ${message}`;
}
