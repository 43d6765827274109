import { Logger } from '@nestjs/common';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { setMaxListeners } from 'node:events';
import { toHeaders } from '../wire/cloud-events.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { classOf } from '../contract/event-class.js';
import type { ProvisionError } from '../errors.js';
import { nameError } from '../logging/failure-error.js';
import { newEventId } from '../wire/event-ids.js';
import { EventProcessor, type EventProcessorOptions } from './event-processor.js';
import { nakAfter } from '../settle/delivery.js';
import { errorText } from '../logging/log-text.js';
import { channelOf, isTransportSubject, typeOf } from '../wire/names.js';
import { type BreakerListener, CircuitBreaker } from '../circuit-breaker/circuit-breaker.js';
import { ProcessorPaused, ProcessorResumed } from '../events/processor-state-events.js';
import { Puller, type PullerOptions } from './puller.js';
import { otherChannelError } from '../provision/provisioned-service.js';
import { consumerConfigs } from '../provision/stream-settings.js';

/** Maximum concurrency of each puller except the puller of the channel's stream. */
const PREFETCH = 8;
/** Delay before the broker redelivers an event of another channel, possibly to another replica, in milliseconds. */
const REFUSED_DELAY_MS = 1_000;

export interface RunningProcessorOptions
  extends Omit<EventProcessorOptions, 'breaker' | 'stopping'>, Pick<PullerOptions, 'newInbox' | 'onLost'> {
  /** Time after which the server redelivers an unsettled event, in milliseconds. */
  ackWait: number;
  /** Called when the processor has stopped pulling because its consumer sent an event of another channel. */
  onConflict: (conflict: ProvisionError) => void;
}

/** Pulls the events of one processor, handles them, and pauses after failures. */
export class RunningProcessor {
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private readonly breaker: CircuitBreaker | undefined;
  private readonly processor: EventProcessor;
  /**
   * Pullers of the processor, one for each of its consumers. The first puller pulls from the stream of the channel. If this
   * stream is EVENTS, the first puller also gets replays. The other pullers get retries, quarantined events and all other
   * replays.
   */
  private readonly pullers: readonly Puller[];
  private keepAlive: NodeJS.Timeout | undefined;
  private presence: Subscription | undefined;
  private otherChannel: ProvisionError | undefined;

  constructor(private readonly options: RunningProcessorOptions) {
    // Each publish in flight listens to the signal. Node would warn of more than 10 listeners.
    setMaxListeners(0, this.stopping.signal);
    const { declaration } = options;
    this.logger = new Logger(declaration.processor);
    this.breaker =
      declaration.pause &&
      new CircuitBreaker(declaration.pause, declaration.concurrency, this.breakerListener());
    this.processor = new EventProcessor({
      ...options,
      breaker: this.breaker,
      stopping: this.stopping.signal,
    });
    this.pullers = consumerConfigs(declaration).map(({ stream, config }) =>
      this.puller(stream, config.durable_name),
    );
  }

  /** The processor and the start time of its pause; undefined while the processor is not paused. */
  get paused(): { processor: string; since: Date } | undefined {
    const since = this.breaker?.since;
    return since && { processor: this.options.declaration.processor, since };
  }

  /** Time after which all unread events of the channel were stored; undefined before the server's first message or report. */
  get readUpTo(): Date | undefined {
    return this.pullers[0]!.readUpTo;
  }

  /** @throws ProvisionError if this client may not pull */
  async start(): Promise<void> {
    const { channel } = this.options.declaration;
    this.keepAlive = setInterval(() => this.processor.keepAlive(), this.options.ackWait / 3);
    await Promise.all(this.pullers.map((puller) => puller.start()));
    this.logger.log(`consumes ${channel.subject}`);
  }

  /** Conflict that has stopped the processor from pulling; undefined if no conflict has occurred since the last restart. */
  get conflict(): ProvisionError | undefined {
    return this.otherChannel;
  }

  restart(): void {
    this.otherChannel = undefined;
    for (const puller of this.pullers) puller.restart();
  }

  /** Stops pulling until {@link restart}. */
  suspend(): void {
    for (const puller of this.pullers) puller.suspend();
  }

  denied(subject: string): void {
    for (const puller of this.pullers) puller.denied(subject);
  }

  /** Stops pulling, and waits up to `timeout` ms for events in flight. */
  async stop(timeout: number): Promise<void> {
    this.processor.stop();
    const stopped = this.pullers.map((puller) => puller.stop(timeout));
    this.breaker?.stop();
    this.presence?.unsubscribe();
    await Promise.all(stopped);
    this.stopping.abort();
    clearInterval(this.keepAlive);
  }

  private puller(stream: string, durable: string): Puller {
    const { declaration, connection, newInbox, onLost } = this.options;
    const isChannel = stream === declaration.channel.stream;
    return new Puller({
      connection,
      stream,
      durable,
      newInbox,
      // Messages from other streams share the permits of the channel. Only a few such messages are pulled, because they may have
      // to wait for a permit.
      concurrency: isChannel ? declaration.concurrency : Math.min(declaration.concurrency, PREFETCH),
      onMessage: (message, ack) => this.processor.process(message, ack),
      refuse: (message) => this.refuse(message),
      onLost,
    });
  }

  /**
   * Hands back an event of another channel, and every message that arrives after such an event. Such an event shows that another
   * version of the service has assigned the consumer to the other channel. Replicas of that version can handle the events, but
   * this process would dead-letter them as invalid.
   */
  private refuse(message: Msg): boolean {
    const { processor, channel } = this.options.declaration;
    const isOwn = message.subject === channel.subject || isTransportSubject(message.subject);
    if (isOwn && !this.otherChannel) return false;
    message.respond(nakAfter(REFUSED_DELAY_MS));
    if (!isOwn) {
      this.suspend();
      this.otherChannel = otherChannelError(processor, channel.stream, [channel.subject], [message.subject]);
      this.options.onConflict(this.otherChannel);
    }
    return true;
  }

  private breakerListener(): BreakerListener {
    const { processor } = this.options.declaration;
    return {
      paused: (since, thrown, failures) => {
        const error = nameError(thrown);
        this.logger.error(`paused: ${failures} events in a row failed, the last with ${errorText(error)}`);
        for (const puller of this.pullers) puller.allow(0);
        // `processor.resumed` repeats `pausedAt`, which identifies the resumed replica among several paused replicas.
        const pausedAt = since.toISOString();
        const presence = this.showPresence();
        this.announce(new ProcessorPaused({ processor, pausedAt, failures, error, ...presence }));
      },
      probing: (count, from) => {
        const [channel, ...others] = this.pullers;
        channel!.allow(count);
        if (from === 'anywhere') for (const puller of others) puller.allow(count);
      },
      resumed: (since) => {
        this.logger.log('resumed: an event succeeded');
        this.presence?.unsubscribe();
        for (const puller of this.pullers) puller.allow();
        const resumedAt = new Date().toISOString();
        this.announce(new ProcessorResumed({ processor, pausedAt: since.toISOString(), resumedAt }));
      },
    };
  }

  /**
   * Subscribes to a new subject until the pause ends. If the process dies, the subscription ends too, and a request to the
   * subject has no responder.
   */
  private showPresence(): { presence: string } | undefined {
    const { connection, newInbox } = this.options;
    if (connection.isClosed()) return undefined;
    const presence = newInbox();
    this.presence = connection.subscribe(presence, { callback: () => undefined });
    return { presence };
  }

  /** Publishes the event in the background, because a pause must not depend on the success of the publish. */
  private announce(event: ProcessorPaused | ProcessorResumed): void {
    const { name, version } = classOf(event).event;
    const id = newEventId();
    const origin = { source: event.processor, type: typeOf(name, version), time: new Date() };
    const headers = toHeaders({ id, ...origin, correlationId: id });
    const message = { subject: channelOf(name), body: Buffer.from(JSON.stringify(event)), headers, id };
    publishConfirmed(this.options.connection, message, { signal: this.stopping.signal }).catch(
      (error: unknown) => this.logger.warn(`could not announce ${name}: ${(error as Error).message}`),
    );
  }
}
