import { Logger } from '@nestjs/common';
import type { NestContainer } from '@nestjs/core';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { BrokerClock } from './broker-clock.js';
import type { JetStreamConnection } from './connection.js';
import { declarationOf, JETSTREAM_TRANSPORT } from './consumes.js';
import { InvalidDeclarationError } from './errors.js';
import { Exclusion } from './exclusion.js';
import { EVENTS_STREAM } from './names.js';
import { nestHandle } from './nest-handler.js';
import type { ProcessorDeclaration } from './processor-options.js';
import { provision } from './provision.js';
import { RunningProcessor } from './running-processor.js';
import {
  assertRetriesFit,
  consumerConfigs,
  keptFor,
  streamConfigs,
  type JetStreamSettings,
} from './stream-settings.js';

export interface StrategyOptions extends JetStreamSettings {
  /**
   * Create and update streams and consumers at start. Default true; without the right to do so what is there is used.
   * `false` where another identity provisions them.
   */
  provision?: boolean;
  /**
   * Milliseconds that `app.close()` gives running handlers. Default 7,000: with the 2 s that the relay of an outbox may take
   * before, less than the 10 s after which a service is killed.
   */
  drainTimeout?: number;
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
  /** Of the declared processors, as they run. */
  private consumers: ReturnType<typeof consumerConfigs> = [];
  private readonly running: RunningProcessor[] = [];
  private readonly exclusion = new Exclusion();
  private readonly clock = new BrokerClock();
  private provisioning: Promise<void> | undefined;
  private started = false;
  private closing: Promise<void> | undefined;
  private adjusted = (declaration: ProcessorDeclaration): ProcessorDeclaration => declaration;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly options: StrategyOptions = {},
    private readonly container?: NestContainer,
  ) {
    super();
    this.setTransportId(JETSTREAM_TRANSPORT);
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
    if (this.declared.has(declaration.processor)) {
      throw new InvalidDeclarationError(
        `Two handlers are declared as processor '${declaration.processor}'. Give each a name of its own.`,
      );
    }
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
    const timeout = this.options.drainTimeout ?? 7_000;
    await Promise.all(this.running.splice(0).map((processor) => processor.stop(timeout)));
    if (this.declared.size === 0 || this.connection.isAway()) return;
    const connection = await this.connection.get();
    await connection.flush().catch(() => undefined);
  }

  /**
   * Milliseconds for which the broker keeps what the processors consume, and may deliver it again: of events, and of failure
   * events where they consume these. Complete once the application is initialized.
   */
  get eventsKeptFor(): number {
    const consumed = [...this.declared.values()].map(({ declaration }) => declaration.channel.stream);
    return Math.max(...[EVENTS_STREAM, ...consumed].map((stream) => keptFor(stream, this.options)));
  }

  /**
   * Readiness check.
   *
   * @throws Error while the processors have not all begun to pull
   */
  ready(): Promise<void> {
    return this.started ? Promise.resolve() : Promise.reject(new Error('the processors are starting'));
  }

  /** Processors that hold events back because nearly everything failed, and since when. */
  get paused(): { processor: string; since: Date }[] {
    return this.running.flatMap((processor) => processor.paused ?? []);
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
    for (const { declaration } of this.declared.values()) assertRetriesFit(declaration, this.options);
    const processors = [...this.declared.values()].map(({ declaration, handler }) => ({
      declaration: this.adjusted(declaration),
      handler,
    }));
    this.consumers = processors.flatMap(({ declaration }) => consumerConfigs(declaration));
    const connection = await this.connection.get();
    await this.provision(connection);
    if (this.closing) return;
    this.connection.onReconnect(() => this.recover(connection));
    this.connection.onDenied(({ subject }) => this.running.forEach((processor) => processor.denied(subject)));
    await Promise.all(processors.map((processor) => this.run(connection, processor)));
    this.started = true;
  }

  private async run(connection: NatsConnection, { declaration, handler }: Declared): Promise<void> {
    const processor = new RunningProcessor({
      declaration,
      connection,
      handle: nestHandle(handler, this.container),
      exclusion: this.exclusion,
      clock: this.clock,
      newInbox: () => this.connection.newInbox(),
      onLost: (reason) => this.lost(connection, declaration.processor, reason),
    });
    this.running.push(processor);
    await processor.start();
  }

  private lost(connection: NatsConnection, processor: string, reason: string): void {
    this.logger.warn(`${processor} cannot pull (${reason}); checking its consumer`);
    this.recover(connection);
  }

  /** What the server lost while it was away, such as a consumer in memory or a whole store, is made again. */
  private recover(connection: NatsConnection): void {
    this.provisioning ??= this.provision(connection)
      .then(() => this.running.forEach((processor) => processor.restart()))
      .catch((error: unknown) => this.logger.error(`cannot recover: ${(error as Error).message}`))
      .finally(() => (this.provisioning = undefined));
  }

  private async provision(connection: NatsConnection): Promise<void> {
    if (this.options.provision === false) return;
    try {
      await provision(connection, streamConfigs(this.options), this.consumers);
    } catch (error) {
      if (!isNotPermitted(error)) throw error;
      this.logger.log('may not create streams and consumers; using those that are there');
    }
  }
}

function isNotPermitted(error: unknown): boolean {
  return [error, (error as Error).cause].some(
    (candidate) => candidate instanceof errors.PermissionViolationError,
  );
}
