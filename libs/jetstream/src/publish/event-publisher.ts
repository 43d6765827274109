import { Inject, Injectable } from '@nestjs/common';
import { boundsFault, isSmall } from '../contract/body-bounds.js';
import { toHeaders } from '../wire/cloud-events.js';
import type { OutgoingMessage, PublishLimits } from '../wire/outgoing-message.js';
import { JetStreamConnection } from '../client/connection.js';
import { assertContract, checkContract } from '../contract/contract.js';
import { PublishRefusedError, PublishTimeoutError, UndeclaredEventError } from '../errors.js';
import { classOf } from '../contract/event-class.js';
import type { EventContext } from '../declare/event-context.js';
import { newEventId } from '../wire/event-ids.js';
import { channelOf, isEventName, typeOf } from '../wire/names.js';
import { LONGEST_TIME } from '../options.js';
import { maxEvent } from '../wire/payload-limits.js';
import { FailuresRemoved } from '../events/failures-removed.js';
import { isDuplicate } from '../client/publish-answer.js';
import { ReplayRequested } from '../events/replay-requested.js';
import type { PublishPipeline } from '../client/publish-pipeline.js';
import type { ServiceDeclaration } from '../provision/service-declaration.js';

export const SERVICE = Symbol('service declaration');

export interface PublishOptions extends PublishLimits {
  /** Makes repeating harmless: the broker drops a second event of this id within 10 minutes. Default a new UUID v7. */
  id?: string;
  /** Default the correlation id of `cause`, else the event's own id: it begins a flow. */
  correlationId?: string;
  /** Default the event id of `cause`, else none. */
  causationId?: string;
  /** The event in whose handling this one is published; for what a handler returns the transport does this itself. */
  cause?: EventContext;
  /** When it happened. Default now. */
  time?: Date;
  /** Milliseconds to go on trying. Default 10,000. */
  timeout?: number;
}

/** An event that lies in an outbox: its contract was checked when it was written. */
export interface StoredEvent {
  name: string;
  version: number;
  data: unknown;
  id: string;
  correlationId: string;
  causationId?: string | undefined;
  time: Date;
}

export interface PublishedEvent {
  id: string;
  correlationId: string;
  /**
   * The broker had an event of this id already, stored within the last 10 minutes, and dropped this one. Also where this call sent it
   * twice, since the first PubAck was lost.
   */
  duplicate?: true;
}

const DEFAULT_TIMEOUT = 10_000;

/**
 * Publishes initiating events. Without async functions: with many events on their way, what those keep for each until it is
 * confirmed costs the garbage collector a tenth of the time that publishing takes.
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
   * @throws UndeclaredEventError where the service does not declare that it publishes it
   * @throws InvalidEventError where it breaks its contract
   * @throws PublishRefusedError where the broker will never take it
   * @throws PublishTimeoutError where it was not confirmed in time; publish it again with the same id
   */
  publish(event: object, options: PublishOptions = {}): Promise<PublishedEvent> {
    try {
      this.assertDeclared(event);
      const checking = checkContract(event);
      if (!checking) return this.send(storedEvent(event, options), options);
      return checking.then(() => this.send(storedEvent(event, options), options));
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
  }

  /**
   * Checks an event that the service is about to publish, or to write to an outbox.
   *
   * @throws UndeclaredEventError where the service does not declare that it publishes it
   * @throws InvalidEventError where it breaks its contract
   */
  async assertPublishable(event: object): Promise<void> {
    this.assertDeclared(event);
    await assertContract(event);
  }

  /**
   * Like {@link publish}, for an event whose contract was checked when it was written to an outbox. Goes on trying for 10 s,
   * unless told otherwise.
   */
  publishStored(event: StoredEvent, limits: PublishLimits = {}): Promise<PublishedEvent> {
    try {
      // On the wire a blank would end the subject, and the broker would end the connection.
      if (!isEventName(event.name)) {
        const name = JSON.stringify(event.name);
        throw new PublishRefusedError(`Event ${event.id} has a name of no channel: ${name}.`);
      }
      return this.send(event, limits);
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
  }

  private send(
    event: StoredEvent,
    { timeout = DEFAULT_TIMEOUT, signal }: PublishLimits,
  ): Promise<PublishedEvent> {
    const message = this.messageOf(event);
    const limits = { timeout, signal };
    const pipeline = this.connection.connected;
    if (pipeline) return confirmed(pipeline, message, event, limits);
    return this.connected(event, limits).then((first) => confirmed(first, message, event, limits));
  }

  private messageOf({
    id,
    name,
    version,
    data,
    correlationId,
    causationId,
    time,
  }: StoredEvent): OutgoingMessage {
    const body = Buffer.from(JSON.stringify(data));
    const type = typeOf(name, version);
    const headers = toHeaders({ id, source: this.service.source, type, time, correlationId, causationId });
    return { subject: channelOf(name), body, headers, id };
  }

  private assertDeclared(event: object): void {
    const { source, publishes } = this.service;
    const type = classOf(event);
    // Any service may offer to look after failures.
    if (publishes.includes(type) || type === ReplayRequested || type === FailuresRemoved) return;
    const declared = publishes.map(({ name }) => name).join(', ') || 'nothing';
    throw new UndeclaredEventError(
      `${source} publishes ${type.name}, but declares ${declared}. Declare it in the module of ${source}: ` +
        `JetStreamModule.forRoot({ source: '${source}', publishes: [${type.name}], … }).`,
    );
  }

  /** The connection; the first one, which may be long in coming, is awaited within the limits too. */
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
    // On Node 20 the garbage collector takes `AbortSignal.any` of `AbortSignal.timeout`, and nothing is ever over.
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

/** Keeps nothing else of the call until it is confirmed. */
function confirmed(
  pipeline: PublishPipeline,
  message: OutgoingMessage,
  { id, name, correlationId }: StoredEvent,
  limits: PublishLimits,
): Promise<PublishedEvent> {
  const maxSize = maxEvent(pipeline.connection);
  if (message.body.length > maxSize) {
    throw new PublishRefusedError(
      `Event ${id} (${name}) has ${message.body.length} bytes; at most ${maxSize} can be published. ` +
        'Store what is large elsewhere and publish where it is.',
    );
  }
  const fault = isSmall(message.body) ? undefined : boundsFault(message.body);
  if (fault)
    throw new PublishRefusedError(`Event ${id} (${name}) cannot be read by its consumers: ${fault}.`);
  const published = { id, correlationId };
  return new Promise((resolve, giveUp) =>
    pipeline.begin(message, limits, { confirm: answering(resolve, published), giveUp }),
  );
}

/** By itself: a function made where the message is known would keep it. */
function answering(
  resolve: (answer: PublishedEvent) => void,
  published: PublishedEvent,
): (pubAck: string) => void {
  return (pubAck) => resolve(isDuplicate(pubAck) ? { ...published, duplicate: true } : published);
}
