import { Logger } from '@nestjs/common';
import type { NestContainer } from '@nestjs/core';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/transport-node';
import { BrokerClock } from '../client/broker-clock.js';
import type { JetStreamConnection } from '../client/connection.js';
import { declarationOf, JETSTREAM_TRANSPORT } from '../declare/consumes.js';
import { SharedExclusiveLock } from './shared-exclusive-lock.js';
import { EVENTS_STREAM } from '../wire/names.js';
import { nestHandle } from '../nest/nest-handler.js';
import { assertDistinct, type ProcessorDeclaration } from '../declare/processor-options.js';
import { ProvisionedService } from '../provision/provisioned-service.js';
import { RunningProcessor } from './running-processor.js';
import { assertRetriesFit, type JetStreamSettings } from '../provision/stream-settings.js';

/** Milliseconds. */
const DRAIN_TIMEOUT = 7_000;
/** Milliseconds. */
const RECHECK_DELAY = 30_000;

export interface StrategyOptions {
  /** How large the system's streams are. All services declare the same. */
  streams?: JetStreamSettings;
  /**
   * Create the streams and consumers that are missing. Default true; without the right to do so the service uses what is there.
   * `false` if another identity provisions them.
   */
  provision?: boolean;
  /**
   * Milliseconds that `app.close()` gives running handlers. Default 7,000: with the 2 s that the relay of an outbox may take
   * before, less than the 10 s after which a service is killed.
   */
  drainTimeout?: number;
  /** Milliseconds before the consumer of a processor that must not pull is checked again. Default 30,000. */
  recheckDelay?: number;
}

/** How far a processor has read, and when the broker deletes what it has not read. */
export interface Unread {
  processor: string;
  /** Events that it has not read were stored after this time. */
  readUpTo: Date;
  /** Milliseconds for which the stream keeps an event. */
  keptFor: number;
}

interface Declared {
  readonly declaration: ProcessorDeclaration;
  readonly handler: MessageHandler;
}

/** Nest's transport over JetStream: `app.connectMicroservice({ strategy: app.get(JetStreamStrategy) }, { inheritAppConfig: true })`. */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('JetStream');
  private readonly declared = new Map<string, Declared>();
  /** The declarations of the processors, as they run. */
  private declarations: ProcessorDeclaration[] = [];
  private readonly running = new Map<string, RunningProcessor>();
  /** Processors that must not pull, and why. */
  private readonly conflicts = new Map<string, Error>();
  private readonly provisioned: ProvisionedService;
  private readonly stopping = new AbortController();
  private readonly lock = new SharedExclusiveLock();
  private readonly clock = new BrokerClock();
  private recovering: Promise<void> | undefined;
  private recheck: NodeJS.Timeout | undefined;
  private started = false;
  private tellStarted = (): void => undefined;
  private readonly whenStarted = new Promise<void>((resolve) => (this.tellStarted = resolve));
  private closing: Promise<void> | undefined;
  private adjusted = (declaration: ProcessorDeclaration): ProcessorDeclaration => declaration;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly options: StrategyOptions = {},
    private readonly container?: NestContainer,
  ) {
    super();
    this.setTransportId(JETSTREAM_TRANSPORT);
    this.provisioned = new ProvisionedService({
      settings: options.streams ?? {},
      provision: options.provision ?? true,
      logger: this.logger,
      stopping: this.stopping.signal,
    });
  }

  override addHandler(
    pattern: unknown,
    handler: MessageHandler,
    isEvent = false,
    extras: Record<string, unknown> = {},
  ): void {
    const declaration = declarationOf(extras);
    if (!declaration) {
      this.logger.warn(
        `ignored the handler of ${JSON.stringify(pattern)}: only @Consumes declares an event processor`,
      );
      return;
    }
    for (const other of this.declared.values()) assertDistinct(other.declaration, declaration);
    super.addHandler(pattern, handler, isEvent, extras);
    this.declared.set(declaration.processor, { declaration, handler });
  }

  /**
   * Runs the processors with other settings than they declare; to be called before {@link listen}. For test kits, which cannot
   * wait for backoffs of minutes.
   */
  adjust(adjusted: (declaration: ProcessorDeclaration) => ProcessorDeclaration): void {
    this.adjusted = adjusted;
  }

  /** Resolves through `callback` once every processor pulls; a failure goes there too, since Nest does not await this. */
  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  /** Stops pulling, lets running handlers finish, and sends what they answered. May be called before Nest does so. */
  close(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.recheck);
    const processors = [...this.running.values()];
    this.running.clear();
    const timeout = this.options.drainTimeout ?? DRAIN_TIMEOUT;
    await Promise.all(processors.map((processor) => processor.stop(timeout)));
    if (this.declared.size === 0 || this.connection.isAway()) return;
    const connection = await this.connection.get();
    await connection.flush().catch(() => undefined);
  }

  /**
   * Milliseconds for which the broker keeps what the processors consume, and may deliver it again: of events, and of failure
   * events where they consume these. Known once the application is initialized, and longer once it has started, if an operator has
   * raised it.
   */
  get eventsKeptFor(): number {
    const consumed = [...this.declared.values()].map(({ declaration }) => declaration.channel.stream);
    return Math.max(...[EVENTS_STREAM, ...consumed].map((stream) => this.provisioned.keptFor(stream)));
  }

  /** Resolves once every processor pulls; never if the service stops before. */
  untilStarted(): Promise<void> {
    return this.whenStarted;
  }

  /**
   * Readiness check.
   *
   * @throws Error while the processors have not all begun to pull, or if one must not
   */
  ready(): Promise<void> {
    const [conflict] = this.conflicts.values();
    if (conflict) return Promise.reject(conflict);
    return this.started ? Promise.resolve() : Promise.reject(new Error('the processors are starting'));
  }

  /** Processors that hold events back because nearly everything failed, and since when. */
  get paused(): { processor: string; since: Date }[] {
    return [...this.running.values()].flatMap((processor) => processor.paused ?? []);
  }

  /** How far each processor has read its channel. */
  get unread(): Unread[] {
    return this.declarations.flatMap(({ processor, channel }) => {
      const readUpTo = this.running.get(processor)?.readUpTo;
      return readUpTo ? [{ processor, readUpTo, keptFor: this.provisioned.keptFor(channel.stream) }] : [];
    });
  }

  on(event: string): never {
    throw new Error(
      `The JetStream transport has no event ${JSON.stringify(event)}; see JetStreamConnection.ready().`,
    );
  }

  /** The connection as a promise: it is made in the background. */
  unwrap<T = Promise<NatsConnection>>(): T {
    return this.connection.get() as T;
  }

  private async start(): Promise<void> {
    // As they are declared: what cannot work must fail in a test too.
    for (const { declaration } of this.declared.values())
      assertRetriesFit(declaration, this.options.streams ?? {});
    const processors = [...this.declared.values()].map(({ declaration, handler }) => ({
      declaration: this.adjusted(declaration),
      handler,
    }));
    this.declarations = processors.map(({ declaration }) => declaration);
    const connection = await this.connection.get();
    const conflicts = await this.provisioned.ensure(connection, this.declarations);
    const [conflict] = conflicts?.values() ?? [];
    if (conflict) throw conflict;
    if (this.closing) return;
    this.connection.onReconnect(() => this.recover(connection));
    this.connection.onDenied(({ subject }) => this.running.forEach((processor) => processor.denied(subject)));
    await Promise.all(processors.map((processor) => this.run(connection, processor)));
    this.started = true;
    this.tellStarted();
  }

  private async run(connection: NatsConnection, { declaration, handler }: Declared): Promise<void> {
    const processor = new RunningProcessor({
      declaration,
      ackWait: this.provisioned.ackWaitOf(declaration),
      connection,
      handle: nestHandle(handler, this.container),
      lock: this.lock,
      clock: this.clock,
      newInbox: () => this.connection.newInbox(),
      onLost: (reason) => this.lost(connection, declaration.processor, reason),
      onConflict: (conflict) => {
        this.noteConflict(declaration.processor, conflict);
        this.recheckLater(connection);
      },
    });
    this.running.set(declaration.processor, processor);
    await processor.start();
  }

  private lost(connection: NatsConnection, processor: string, reason: string): void {
    if (this.conflicts.has(processor)) return;
    this.logger.warn(`${processor} cannot pull (${reason}); checking its consumer`);
    this.recover(connection);
  }

  /** What the server lost while it was away, such as a consumer in memory or a whole store, is made again. */
  private recover(connection: NatsConnection): void {
    this.recovering ??= this.provisioned
      .ensure(connection, this.declarations)
      .then((conflicts) => this.resume(conflicts))
      .catch((error: unknown) => this.logger.error(`cannot recover: ${(error as Error).message}`))
      .finally(() => {
        this.recovering = undefined;
        if (this.conflicts.size > 0) this.recheckLater(connection);
      });
  }

  /** The broker reports to nobody that an operator has moved a consumer back. */
  private recheckLater(connection: NatsConnection): void {
    if (this.closing) return;
    clearTimeout(this.recheck);
    const delay = this.options.recheckDelay ?? RECHECK_DELAY;
    this.recheck = setTimeout(() => this.recover(connection), delay);
  }

  /**
   * Stops each processor whose consumer now reads another channel, since it would pull the events of another version. `found` is
   * undefined if this service does not look at consumers: then each processor tries, and a conflict is over if no event of another
   * channel has come since the last try.
   */
  private resume(found: ReadonlyMap<string, Error> | undefined): void {
    for (const [name, processor] of this.running) {
      const conflict = found ? found.get(name) : processor.conflict;
      if (conflict) this.noteConflict(name, conflict);
      else if (this.conflicts.delete(name)) this.logger.log(`${name} pulls again`);
      if (found?.has(name)) processor.suspend();
      else processor.restart();
    }
  }

  private noteConflict(processor: string, conflict: Error): void {
    if (!this.conflicts.has(processor)) this.logger.error(conflict.message);
    this.conflicts.set(processor, conflict);
  }
}
