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

const DRAIN_TIMEOUT_MS = 7_000;
const RECHECK_DELAY_MS = 30_000;

export interface StrategyOptions {
  /** Sizes and limits of the system's streams. All services must declare the same values. */
  streams?: JetStreamSettings;
  /**
   * True to create missing streams and consumers and to add new settings. Without the right to do so, the service uses the
   * existing streams and consumers. False if another identity provisions them. Default true.
   */
  provision?: boolean;
  /**
   * Maximum time that `app.close()` waits for running handlers, in milliseconds. Default 7,000. The relay of an outbox may take 2
   * s before this wait, and a service is killed after 10 s.
   */
  drainTimeout?: number;
  /** Delay before the consumer of a processor that must not pull is checked again, in milliseconds. Default 30,000. */
  recheckDelay?: number;
}

/** Read position of a processor, and the time for which the broker keeps its unread events. */
export interface Unread {
  processor: string;
  /** Time after which all unread events were stored. */
  readUpTo: Date;
  /** Time for which the stream keeps an event, in milliseconds; 0 if the stream keeps events of any age. */
  keptFor: number;
}

interface Declared {
  readonly declaration: ProcessorDeclaration;
  readonly handler: MessageHandler;
}

/**
 * Nest's transport over JetStream.
 *
 * @example app.connectMicroservice({ strategy: app.get(JetStreamStrategy) }, { inheritAppConfig: true })
 */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('JetStream');
  private readonly declared = new Map<string, Declared>();
  /** Declarations of the running processors, as changed by {@link adjust}. */
  private declarations: ProcessorDeclaration[] = [];
  private readonly running = new Map<string, RunningProcessor>();
  /** Errors of the processors that must not pull, by processor. */
  private readonly conflicts = new Map<string, Error>();
  private readonly provisioned: ProvisionedService;
  private readonly stopping = new AbortController();
  private readonly lock = new SharedExclusiveLock();
  private readonly clock = new BrokerClock();
  private recovering: Promise<void> | undefined;
  private recheck: NodeJS.Timeout | undefined;
  private started = false;
  private resolveStarted = (): void => undefined;
  private readonly whenStarted = new Promise<void>((resolve) => (this.resolveStarted = resolve));
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
   * Changes the declared settings of the processors. Must be called before {@link listen}. Test kits use this method to shorten
   * backoffs of minutes.
   */
  adjust(adjusted: (declaration: ProcessorDeclaration) => ProcessorDeclaration): void {
    this.adjusted = adjusted;
  }

  /**
   * Starts the processors. Calls back when every processor pulls, or with the error if the start fails. Nest does not await this
   * method.
   */
  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  /**
   * Stops pulling, lets running handlers finish, and sends their acknowledgements. May be called several times, for instance
   * before Nest itself calls this method.
   */
  close(): Promise<void> {
    return (this.closing ??= this.stop());
  }

  private async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.recheck);
    const processors = [...this.running.values()];
    this.running.clear();
    const timeout = this.options.drainTimeout ?? DRAIN_TIMEOUT_MS;
    await Promise.all(processors.map((processor) => processor.stop(timeout)));
    if (this.declared.size === 0 || this.connection.isAway()) return;
    const connection = await this.connection.get();
    await connection.flush().catch(() => undefined);
  }

  /**
   * Time for which the broker keeps events and may redeliver them, in milliseconds. If a processor consumes failure events, the
   * longer of the two retention times counts. A value is available before the start, from the declared settings. After the start,
   * a longer retention time on the server counts instead.
   */
  get eventsKeptFor(): number {
    const consumed = [...this.declared.values()].map(({ declaration }) => declaration.channel.stream);
    return Math.max(...[EVENTS_STREAM, ...consumed].map((stream) => this.provisioned.keptFor(stream)));
  }

  /** Waits until every processor pulls. Never resolves if the start fails, or if the service stops before the start. */
  untilStarted(): Promise<void> {
    return this.whenStarted;
  }

  /**
   * Checks that the processors are ready.
   *
   * @throws Error until every processor pulls, or if a processor must not pull
   */
  async ready(): Promise<void> {
    const [conflict] = this.conflicts.values();
    if (conflict) throw conflict;
    if (!this.started) throw new Error('the processors have not started yet');
  }

  /** Paused processors, each with the start time of its pause. */
  get paused(): { processor: string; since: Date }[] {
    return [...this.running.values()].flatMap((processor) => processor.paused ?? []);
  }

  /** Read positions of the processors in their channels. Processors whose position is not known yet are left out. */
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

  /** Returns a promise of the connection, because the connection is established in the background. */
  unwrap<T = Promise<NatsConnection>>(): T {
    return this.connection.get() as T;
  }

  private async start(): Promise<void> {
    // Declarations are checked before `adjust` changes them, because a declaration that cannot work must fail in a test too.
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
    this.resolveStarted();
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

  /**
   * Recreates streams and consumers that the server has lost, and then restarts every processor without a conflict. Does nothing
   * if a recovery is already running.
   */
  private recover(connection: NatsConnection): void {
    this.recovering ??= this.provisioned
      .ensure(connection, this.declarations)
      .then((conflicts) => this.resume(conflicts))
      .catch((error: unknown) =>
        this.logger.error(`cannot check streams and consumers: ${(error as Error).message}`),
      )
      .finally(() => {
        this.recovering = undefined;
        if (this.conflicts.size > 0) this.recheckLater(connection);
      });
  }

  /** Schedules another check, because the broker does not report when an operator has changed a consumer back. */
  private recheckLater(connection: NatsConnection): void {
    if (this.closing) return;
    clearTimeout(this.recheck);
    const delay = this.options.recheckDelay ?? RECHECK_DELAY_MS;
    this.recheck = setTimeout(() => this.recover(connection), delay);
  }

  /**
   * Stops each processor whose consumer now reads another channel. Such a processor would pull events for another version of the
   * service. Restarts all other processors.
   *
   * @param found conflicts by processor; undefined if this service does not or may not look at consumers. In this case, each
   * processor pulls as a trial. The conflict of a processor is over if no event of another channel has arrived since the last
   * trial.
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
