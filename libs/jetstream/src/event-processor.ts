import { JetStreamApiError } from '@nats-io/jetstream';
import { Logger } from '@nestjs/common';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { BrokerClock } from './broker-clock.js';
import { CloudEventHeader } from './cloud-events.js';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { readEvent } from './contract.js';
import { deadLetter } from './dead-letter.js';
import { Delivery } from './delivery.js';
import {
  AttemptsExhaustedError,
  PublishDeniedError,
  PublishRefusedError,
  PublishTimeoutError,
} from './errors.js';
import { EventContext } from './event-context.js';
import type { Exclusion } from './exclusion.js';
import { describeError, nameError, type FailureError } from './failure-error.js';
import { failureStateMessage, type FailureStateName } from './failure-state.js';
import { FAILURES_STREAM } from './names.js';
import { nextEvents } from './next-events.js';
import { maxBody, maxEvent } from './payload-limits.js';
import { outcomeOf, type FailureReason, type Outcome } from './outcomes.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { ProcessorDeclaration } from './processor-options.js';
import type { Passage, ProcessorPause } from './processor-pause.js';
import { publishConfirmed } from './publish-pipeline.js';
import { attemptAlone, scheduledRetry, suspectRetry } from './scheduled-retry.js';
import { Slots } from './slots.js';
import { Suspects } from './suspects.js';

/** Runs the handler through Nest's pipeline and resolves with everything that it returned. */
export type Handle = (event: object, context: EventContext) => Promise<readonly unknown[]>;

/** Milliseconds before a delivery that could not be settled comes again. */
const UNSETTLED_PAUSE = 1_000;
/** Milliseconds to go on trying where the stream of failures takes no more, and before the event is tried again. */
const FULL = { patience: 2_000, pause: 10_000 };

export interface EventProcessorOptions {
  declaration: ProcessorDeclaration;
  connection: NatsConnection;
  handle: Handle;
  /** None where the processor never pauses. */
  pause: ProcessorPause | undefined;
  /** Of all processors in this process. */
  exclusion: Exclusion;
  clock: BrokerClock;
  /** Aborts when the service stops: publishing then gives up, and the event is delivered again. */
  stopping: AbortSignal;
}

/** Takes one processor's deliveries from arrival to answer. */
export class EventProcessor {
  private readonly logger: Logger;
  private readonly inHand = new Slots<Delivery>();
  private readonly limit: ConcurrencyLimit;
  private readonly suspects: Suspects;

  constructor(private readonly options: EventProcessorOptions) {
    this.logger = new Logger(options.declaration.processor);
    this.limit = new ConcurrencyLimit(options.declaration.concurrency);
    this.suspects = new Suspects(
      options.exclusion,
      (delivery) => this.handOn(attemptAlone(delivery, options.declaration)),
      (delivery) => this.setApart(delivery),
      async (delivery) => void (await this.attempt(delivery)),
    );
  }

  /** Handles one message to its end. Never rejects: what cannot be settled is delivered again. */
  async process(message: Msg): Promise<void> {
    const delivery = new Delivery(this.options.connection, message);
    this.options.clock.heard(delivery.storedAt);
    const slot = this.inHand.add(delivery);
    try {
      if (delivery.suspectState) await this.suspects.process(delivery);
      else await this.settle(delivery);
    } catch (error) {
      this.logger.error(
        `event ${delivery.eventId} could not be settled and comes again: ${nameError(error).message}`,
      );
      delivery.retryIn(UNSETTLED_PAUSE);
    } finally {
      this.inHand.remove(slot);
    }
  }

  /** Keeps the events in hand from being delivered to another replica; to be called well within `ackWait`. */
  keepAlive(): void {
    for (const delivery of this.inHand.values()) delivery.working();
  }

  private async settle(delivery: Delivery): Promise<void> {
    while (!(await this.limit.run(() => this.begin(delivery)))) {
      if (!(await this.options.pause?.untilOpen())) return delivery.retryIn(0);
    }
  }

  private async begin(delivery: Delivery): Promise<boolean> {
    if (this.isSuspect(delivery) && (await this.setApart(delivery))) return true;
    return this.options.exclusion.run(() => this.attempt(delivery));
  }

  /** Answers false where the processor is paused and the event has to wait here. */
  private async attempt(delivery: Delivery): Promise<boolean> {
    const { pause } = this.options;
    const passage = pause?.enter() ?? 'normal';
    if (passage === 'closed') return this.leave(delivery);
    try {
      await this.publishAll(await this.run(delivery));
      if (!delivery.failureId || (await this.markReplayed(delivery, 'handled'))) delivery.acknowledge();
      else await this.postpone(delivery);
      pause?.succeeded(delivery.eventId);
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
  private isSuspect({ deliveries, attempt, body }: Delivery): boolean {
    const { attempts } = this.options.declaration;
    return deliveries > 1 && attempt >= attempts && body.length <= this.room;
  }

  /**
   * Its last attempt is to be made while nothing else is in hand, so that it pays for nothing but itself. Answers false where the
   * broker does not take it: with the headers of a retry it is too large.
   */
  private async setApart(delivery: Delivery): Promise<boolean> {
    if (!(await this.handOn(suspectRetry(delivery, this.options.declaration)))) return false;
    delivery.acknowledge();
    return true;
  }

  /**
   * While the processor is paused an event leaves its place, with no attempt used up: another replica may have more luck with
   * it, and the next probe must be another one. One that is too large to be put back waits, since each delivery would count.
   */
  private async leave(delivery: Delivery): Promise<boolean> {
    if (delivery.body.length > this.room) return false;
    await this.putBack(delivery, UNSETTLED_PAUSE);
    return true;
  }

  private counts(delivery: Delivery, error: unknown, outcome: Outcome, passage: Passage): boolean {
    const { pause } = this.options;
    const mendable = outcome.kind === 'retry' || outcome.reason === 'attempts-exhausted';
    if (pause && mendable && !(error instanceof AttemptsExhaustedError)) {
      const { eventId } = delivery;
      return this.isOutage(error) ? pause.metOutage(eventId, error) : pause.failedWith(eventId, error);
    }
    pause?.inconclusive(passage);
    return true;
  }

  private isOutage(error: unknown): boolean {
    try {
      return this.options.declaration.outage(error);
    } catch (fault) {
      this.logger.error(`\`outage\` itself failed, which counts as no: ${textOf(describeError(fault))}`);
      return false;
    }
  }

  /** Resolves to the events that follow. What it needed meanwhile is gone while they are on their way. */
  private async run(delivery: Delivery): Promise<OutgoingMessage[]> {
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
    const { declaration, connection } = this.options;
    return nextEvents(returned, declaration, context, maxEvent(connection));
  }

  private async fail(delivery: Delivery, error: unknown, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'retry') await this.retry(delivery, error, outcome.delay);
    else await this.giveUp(delivery, error, outcome.reason);
  }

  /** Lets it come again after `delay` ms, as if this delivery had not been made. */
  private putBack(delivery: Delivery, delay: number): Promise<void> {
    return this.schedule(delivery, delay, delivery.attempt - 1);
  }

  private async retry(delivery: Delivery, error: unknown, delay: number): Promise<void> {
    this.logger.warn(
      `event ${delivery.eventId} failed at attempt ${delivery.attempt} of ${this.options.declaration.attempts}, ` +
        // Where it comes from is told once, for whoever writes the handler.
        `next in ${(delay / 1_000).toFixed(1)} s: ${textOf(delivery.attempt === 1 ? describeError(error) : nameError(error))}`,
    );
    await this.schedule(delivery, delay, delivery.attempt);
  }

  private async schedule(delivery: Delivery, delay: number, attemptsUsed: number): Promise<void> {
    const { declaration, clock } = this.options;
    const due = clock.after(delay);
    // Too large to carry the headers of a retry as well: it waits in its place.
    if (delivery.body.length > this.room) return delivery.retryIn(delay);
    if (await this.handOn(scheduledRetry(delivery, declaration.processor, due, attemptsUsed)))
      delivery.acknowledge();
    else delivery.retryIn(delay);
  }

  /** Stores the failure event first: a crash in between makes it again under the same id, and nothing is lost. */
  private async giveUp(delivery: Delivery, error: unknown, reason: FailureReason): Promise<void> {
    const described = describeError(error);
    this.logger.error(`event ${delivery.eventId} dead-lettered, ${reason}: ${textOf(described)}`);
    const failure = deadLetter(delivery, this.options.declaration, described, reason, this.room);
    const isStored =
      (await this.keep(failure)) && (await this.markReplayed(delivery, 'failed-again', failure.id));
    if (isStored) delivery.terminate();
    else await this.postpone(delivery);
  }

  /** The stream of failures is full. That must not hold up the other events, nor cost this one an attempt. */
  private async postpone(delivery: Delivery): Promise<void> {
    this.logger.error(
      `event ${delivery.eventId} comes again in ${FULL.pause / 1_000} s: the stream ${FAILURES_STREAM} takes no more. Make room ` +
        'there, or raise its max_bytes.',
    );
    await this.putBack(delivery, FULL.pause);
  }

  /** Says of the failure event that was replayed what became of it. Answers false where there is no room to say so. */
  private async markReplayed(
    delivery: Delivery,
    state: FailureStateName,
    failedAgainAs?: string,
  ): Promise<boolean> {
    const { failureId, replayId } = delivery;
    if (!failureId || !replayId) return true;
    const at = new Date().toISOString();
    const change = { failureId, state, at, replayId, ...(failedAgainAs ? { failedAgainAs } : {}) };
    return this.keep(failureStateMessage(change, this.options.declaration.processor, delivery.correlationId));
  }

  /** Publishes to the stream of failures, however long the broker is away. Answers false where that stream is full. */
  private async keep(message: OutgoingMessage): Promise<boolean> {
    const { connection, stopping: signal } = this.options;
    for (;;) {
      try {
        await publishConfirmed(connection, message, { signal, timeout: FULL.patience });
        return true;
      } catch (error) {
        if (!(error instanceof PublishTimeoutError) || signal.aborted || connection.isClosed()) throw error;
        // The broker answers, and says no.
        if (error.cause instanceof JetStreamApiError) return false;
      }
    }
  }

  /** Publishes the event anew. Answers false where the broker never takes that. */
  private async handOn(message: OutgoingMessage): Promise<boolean> {
    try {
      await this.publish(message);
      return true;
    } catch (error) {
      if (!(error instanceof PublishRefusedError) || error instanceof PublishDeniedError) throw error;
      return false;
    }
  }

  private publishAll(messages: OutgoingMessage[]): Promise<unknown> {
    if (messages.length === 1) return this.publish(messages[0]!);
    return Promise.all(messages.map((message) => this.publish(message)));
  }

  private publish(message: OutgoingMessage): Promise<unknown> {
    return publishConfirmed(this.options.connection, message, { signal: this.options.stopping });
  }

  /** Bytes that a message may have beside its headers. */
  private get room(): number {
    return maxBody(this.options.connection);
  }
}

/** A stack tells the message as it was when the error was made; that of an error of several is none. */
function textOf({ name, message, stack = '' }: FailureError): string {
  return stack && stack.includes(message) ? stack : [`${name}: ${message}`, stack].join('\n').trimEnd();
}
