import { Logger } from '@nestjs/common';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { setMaxListeners } from 'node:events';
import type { AckSubject } from '../wire/ack-subject.js';
import type { BrokerClock } from '../client/broker-clock.js';
import { toHeaders } from '../wire/cloud-events.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { classOf } from '../contract/event-class.js';
import type { ProvisionError } from '../errors.js';
import { nameError } from '../logging/failure-error.js';
import { newEventId } from '../wire/event-ids.js';
import type { Handle } from '../nest/nest-handler.js';
import { EventProcessor } from './event-processor.js';
import type { SharedExclusiveLock } from './shared-exclusive-lock.js';
import { nakAfter } from '../settle/delivery.js';
import { errorText } from '../logging/log-text.js';
import { channelOf, isTransportSubject, typeOf } from '../wire/names.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { type BreakerListener, CircuitBreaker } from '../circuit-breaker/circuit-breaker.js';
import { ProcessorPaused, ProcessorResumed } from '../events/processor-state-events.js';
import { Puller } from './puller.js';
import { otherChannelError } from '../provision/provisioned-service.js';
import { consumerConfigs, type DurableConfig } from '../provision/stream-settings.js';

/** Due retries, and replays, that are fetched ahead of a free place. */
const AT_HAND = 8;
/** Milliseconds before an event that this version does not know is delivered again, to another replica if there is one. */
const REFUSED_DELAY = 1_000;

export interface RunningProcessorOptions {
  declaration: ProcessorDeclaration;
  /** Milliseconds after which the server delivers an unanswered event again. */
  ackWait: number;
  connection: NatsConnection;
  handle: Handle;
  lock: SharedExclusiveLock;
  clock: BrokerClock;
  newInbox: () => string;
  onLost: (reason: string) => void;
  /** The processor has stopped pulling, because its consumer sent an event of another channel. */
  onConflict: (conflict: ProvisionError) => void;
}

/** One processor at work in this process: what it pulls, how it handles it, and whether it is paused. */
export class RunningProcessor {
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private readonly breaker: CircuitBreaker | undefined;
  private readonly processor: EventProcessor;
  /** The channel's, and those of what comes from elsewhere. */
  private readonly pullers: readonly Puller[];
  private keepAlive: NodeJS.Timeout | undefined;
  /** While it is paused. */
  private presence: Subscription | undefined;
  private otherChannel: ProvisionError | undefined;

  constructor(private readonly options: RunningProcessorOptions) {
    // Every publish that waits for the broker listens: as many as there are events in hand.
    setMaxListeners(0, this.stopping.signal);
    const { declaration, connection, handle, lock, clock } = options;
    this.logger = new Logger(declaration.processor);
    this.breaker =
      declaration.pause &&
      new CircuitBreaker(declaration.pause, declaration.concurrency, this.breakerListener());
    this.processor = new EventProcessor({
      declaration,
      connection,
      handle,
      breaker: this.breaker,
      lock,
      clock,
      stopping: this.stopping.signal,
    });
    this.pullers = consumerConfigs(declaration).map(({ stream, config }) => this.puller(stream, config));
  }

  /** Since when it is paused, and what for; undefined while it runs. */
  get paused(): { processor: string; since: Date } | undefined {
    const since = this.breaker?.since;
    return since && { processor: this.options.declaration.processor, since };
  }

  /** Events of its channel that it has not read were stored after this time. Undefined before it has pulled. */
  get readUpTo(): Date | undefined {
    return this.pullers[0]!.readUpTo;
  }

  /** @throws ProvisionError where this client may not pull */
  async start(): Promise<void> {
    const { channel } = this.options.declaration;
    this.keepAlive = setInterval(() => this.processor.keepAlive(), this.options.ackWait / 3);
    await Promise.all(this.pullers.map((puller) => puller.start()));
    this.logger.log(`consumes ${channel.subject}`);
  }

  /** Why it has stopped pulling by itself since the last restart. */
  get conflict(): ProvisionError | undefined {
    return this.otherChannel;
  }

  restart(): void {
    this.otherChannel = undefined;
    for (const puller of this.pullers) puller.restart();
  }

  /** Pulls nothing until {@link restart}. */
  suspend(): void {
    for (const puller of this.pullers) puller.suspend();
  }

  denied(subject: string): void {
    for (const puller of this.pullers) puller.denied(subject);
  }

  /** Stops pulling and lets what runs finish, at most `timeout` ms. */
  async stop(timeout: number): Promise<void> {
    this.processor.stop();
    const stopped = this.pullers.map((puller) => puller.stop(timeout));
    this.breaker?.stop();
    this.presence?.unsubscribe();
    await Promise.all(stopped);
    this.stopping.abort();
    clearInterval(this.keepAlive);
  }

  private puller(stream: string, { durable_name: durable }: DurableConfig): Puller {
    const { declaration, connection, newInbox, onLost } = this.options;
    return new Puller({
      connection,
      stream,
      durable,
      newInbox,
      // What comes from elsewhere waits for a place within the same concurrency; a few may wait close at hand.
      concurrency:
        stream === declaration.channel.stream
          ? declaration.concurrency
          : Math.min(declaration.concurrency, AT_HAND),
      onMessage: (message: Msg, ack: AckSubject) => this.processor.process(message, ack),
      refuse: (message: Msg) => this.refuse(message),
      onLost,
    });
  }

  /**
   * Hands back an event of another channel, which another version of the service has given to the consumer, and from then on all
   * retries. Replicas of that version can handle them; here they would be dead-lettered as invalid.
   */
  private refuse(message: Msg): boolean {
    const { processor, channel } = this.options.declaration;
    const isOwn = message.subject === channel.subject || isTransportSubject(message.subject);
    if (isOwn && !this.otherChannel) return false;
    message.respond(nakAfter(REFUSED_DELAY));
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
      paused: (since, error, failures) => {
        const { name, message } = nameError(error);
        this.logger.error(
          `paused: ${failures} events in a row failed, the last with ${errorText({ name, message })}`,
        );
        for (const puller of this.pullers) puller.allow(0);
        // The same as in `processor.resumed`: of several replicas that pause, it tells which one has resumed.
        const pausedAt = since.toISOString();
        const presence = this.showPresence();
        const news = { processor, pausedAt, failures, error: { name, message }, ...presence };
        this.announce(new ProcessorPaused(news));
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

  /** Listens for as long as the pause lasts; what ends the process ends that too, and the broker tells whoever asks. */
  private showPresence(): { presence: string } | undefined {
    const { connection, newInbox } = this.options;
    if (connection.isClosed()) return undefined;
    const presence = newInbox();
    this.presence = connection.subscribe(presence, { callback: () => undefined });
    return { presence };
  }

  /** In the background: a pause must not wait for its news, nor fail with it. */
  private announce(event: ProcessorPaused | ProcessorResumed): void {
    const { name, version } = classOf(event).event;
    const id = newEventId();
    const source = event.processor;
    const headers = toHeaders({
      id,
      source,
      type: typeOf(name, version),
      time: new Date(),
      correlationId: id,
    });
    const message = { subject: channelOf(name), body: Buffer.from(JSON.stringify(event)), headers, id };
    publishConfirmed(this.options.connection, message, { signal: this.stopping.signal }).catch(
      (error: unknown) => this.logger.warn(`could not announce ${name}: ${(error as Error).message}`),
    );
  }
}
