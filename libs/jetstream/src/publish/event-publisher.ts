import { Inject, Injectable } from '@nestjs/common';
import type { OutgoingMessage, PublishLimits } from '../wire/outgoing-message.js';
import { JetStreamConnection } from '../client/connection.js';
import { assertContract, checkContract } from '../contract/contract.js';
import { PublishRefusedError, PublishTimeoutError, UndeclaredEventError } from '../errors.js';
import { classOf } from '../contract/event-class.js';
import type { EventContext } from '../declare/event-context.js';
import { newEventId } from '../wire/event-ids.js';
import { isEventName } from '../wire/names.js';
import { LONGEST_TIME } from '../options.js';
import { maxEvent } from '../wire/payload-limits.js';
import { FailuresRemoved } from '../events/failures-removed.js';
import { isDuplicate } from '../client/publish-answer.js';
import { ReplayRequested } from '../events/replay-requested.js';
import type { PublishPipeline } from '../client/publish-pipeline.js';
import type { ServiceDeclaration } from '../provision/service-declaration.js';
import { bodyFault, outgoingEvent, type StoredEvent } from './outgoing-event.js';

export const SERVICE = Symbol('service declaration');

export interface PublishOptions extends PublishLimits {
  /**
   * Id of the event. The broker drops a second event with the same id for 10 minutes. Therefore, a repeated publish with the same
   * id is harmless. Default: a new UUID v7.
   */
  id?: string;
  /**
   * Correlation id of the event. Default: the correlation id of `cause`. Without `cause`, the event begins a flow, and its own id
   * is the default.
   */
  correlationId?: string;
  /** Causation id of the event. Default: the event id of `cause`, if `cause` is given. */
  causationId?: string;
  /**
   * Context of the handler that publishes this event. For next events, which a handler returns, the transport itself sets the
   * ids.
   */
  cause?: EventContext;
  /** Time at which the event happened. Default: the present time. */
  time?: Date;
  /** Maximum time to keep trying, in milliseconds. Default 10,000. */
  timeout?: number;
}

export interface PublishedEvent {
  id: string;
  correlationId: string;
  /**
   * True if the broker had an event with the same id from the last 10 minutes, and dropped this event. Also true if this call
   * sent the event twice because the first PubAck was lost.
   */
  duplicate?: true;
}

const DEFAULT_TIMEOUT = 10_000;

/**
 * Publishes initiating events. The class avoids async functions, which keep state for each event in flight. Garbage collection of
 * this state would cost a tenth of the time of publishing.
 */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly connection: JetStreamConnection,
    @Inject(SERVICE) private readonly service: ServiceDeclaration,
  ) {}

  /**
   * Checks the event against its contract, publishes it on its channel and waits until the broker has stored it.
   *
   * @throws UndeclaredEventError if the service does not declare the event under `publishes`
   * @throws InvalidEventError if the event breaks its contract
   * @throws PublishRefusedError if the broker will never accept the event
   * @throws PublishTimeoutError if the event was not confirmed in time; publish the event again with the same id
   */
  publish(event: object, options: PublishOptions = {}): Promise<PublishedEvent> {
    return rejecting(() => {
      this.assertDeclared(event);
      const checking = checkContract(event);
      if (!checking) return this.send(storedEvent(event, options), options);
      return checking.then(() => this.send(storedEvent(event, options), options));
    });
  }

  /**
   * Checks an event before the service publishes it or writes it to an outbox.
   *
   * @throws UndeclaredEventError if the service does not declare the event under `publishes`
   * @throws InvalidEventError if the event breaks its contract
   */
  async assertPublishable(event: object): Promise<void> {
    this.assertDeclared(event);
    await assertContract(event);
  }

  /**
   * Publishes an event as {@link publish} does, but does not check its contract. The contract was checked when the event was
   * written to an outbox. Gives up after 10 s by default.
   */
  publishStored(event: StoredEvent, limits: PublishLimits = {}): Promise<PublishedEvent> {
    return rejecting(() => {
      // A space would end the subject on the wire, and the broker would close the connection.
      if (!isEventName(event.name)) {
        const name = JSON.stringify(event.name);
        throw new PublishRefusedError(`Event ${event.id} has a name that no channel can have: ${name}.`);
      }
      return this.send(event, limits);
    });
  }

  private send(
    event: StoredEvent,
    { timeout = DEFAULT_TIMEOUT, signal }: PublishLimits,
  ): Promise<PublishedEvent> {
    const message = outgoingEvent(event, this.service.source);
    const limits = { timeout, signal };
    const pipeline = this.connection.connected;
    if (pipeline) return confirmed(pipeline, message, event, limits);
    return this.connected(event, limits).then((first) => confirmed(first, message, event, limits));
  }

  private assertDeclared(event: object): void {
    const { source, publishes } = this.service;
    const type = classOf(event);
    // Any service may replay or remove failures, and publishes these audit events before doing so.
    if (publishes.includes(type) || type === ReplayRequested || type === FailuresRemoved) return;
    const declared = publishes.map(({ name }) => name).join(', ') || 'nothing';
    throw new UndeclaredEventError(
      `${source} publishes ${type.name}, but declares ${declared}. Declare it in the module of ${source}: ` +
        `JetStreamModule.forRoot({ source: '${source}', publishes: [${type.name}], … }).`,
    );
  }

  /** Waits for the first connection, within the limits. */
  private async connected(
    { id, name }: StoredEvent,
    { timeout, signal }: PublishLimits & { timeout: number },
  ): Promise<PublishPipeline> {
    let giveUp = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      giveUp = () =>
        reject(
          new PublishTimeoutError(
            `There is no connection to the broker: event ${id} (${name}) was not published.`,
          ),
        );
    });
    // A timer replaces `AbortSignal.timeout`. On Node 20, an `AbortSignal.any` of such a signal may be garbage-collected, and
    // then never aborts.
    const timer = setTimeout(giveUp, Math.min(timeout, LONGEST_TIME));
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();
    try {
      return await Promise.race([this.connection.pipeline(), late]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }
}

function storedEvent(event: object, options: PublishOptions): StoredEvent {
  const { name, version } = classOf(event).event;
  const id = options.id ?? newEventId();
  const correlationId = options.correlationId ?? options.cause?.correlationId ?? id;
  const causationId = options.causationId ?? options.cause?.eventId;
  return { name, version, data: event, id, correlationId, causationId, time: options.time ?? new Date() };
}

/** Returns the promise of `begin`. If `begin` throws an error, the promise rejects with this error, as with an async function. */
function rejecting<Result>(begin: () => Promise<Result>): Promise<Result> {
  try {
    return begin();
  } catch (error) {
    const reason = error as Error;
    return Promise.reject(reason);
  }
}

/**
 * Publishes an event. Until the event is confirmed, this class keeps only its id and correlation id. The pipeline keeps the
 * encoded message.
 */
function confirmed(
  pipeline: PublishPipeline,
  message: OutgoingMessage,
  { id, name, correlationId }: StoredEvent,
  limits: PublishLimits,
): Promise<PublishedEvent> {
  const fault = bodyFault(message.body, maxEvent(pipeline.connection));
  if (fault) throw new PublishRefusedError(`Event ${id} (${name}) ${fault}.`);
  const published = { id, correlationId };
  return new Promise((resolve, giveUp) =>
    pipeline.begin(message, limits, { confirm: answering(resolve, published), giveUp }),
  );
}

/**
 * Returns the callback for a PubAck. A closure within {@link confirmed} would keep more of the message in memory than the
 * pipeline needs.
 */
function answering(
  resolve: (answer: PublishedEvent) => void,
  published: PublishedEvent,
): (pubAck: string) => void {
  return (pubAck) => resolve(isDuplicate(pubAck) ? { ...published, duplicate: true } : published);
}
