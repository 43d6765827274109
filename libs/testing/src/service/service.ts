import {
  consumerConfigs,
  JetStreamConnection,
  JetStreamStrategy,
  type ProcessorDeclaration,
} from '@cascade/jetstream';
import { createService, type ServiceConfig } from '@cascade/service';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { DynamicModule, Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FaultInjection, type Faults } from './faults.js';
import { quietLog } from '../quiet-log.js';

/** Milliseconds after which the broker hands out again what a crashed service had in hand: the least that it may be. */
const ACK_WAIT_AFTER_CRASH = 1_000;
/** In nanoseconds, as the server counts. */
const MILLISECOND = 1_000_000;

/**
 * Runs a service inside the test's process, as `startService` of `@cascade/service` does in its own, but for two things: it does not
 * listen for requests, and its clock has no backoffs, so that every retry is due at once.
 *
 * @returns once its processors consume
 */
export async function runService(
  module: Type | DynamicModule,
  config: ServiceConfig,
): Promise<RunningService> {
  const service = new RunningService(module, config);
  await service.start();
  return service;
}

/** A service at work inside the test's process. */
export class RunningService {
  private readonly faults = new Map<string, Faults>();
  private readonly processors = new Map<string, ProcessorDeclaration>();
  private current: Promise<NestFastifyApplication> | undefined;
  private stopping = false;

  /** For {@link runService}. */
  constructor(
    private readonly module: Type | DynamicModule,
    private readonly config: ServiceConfig,
  ) {}

  /** @throws what keeps the service from starting */
  async start(): Promise<void> {
    await (this.current ??= this.open());
  }

  /**
   * From now on these faults occur in a processor of the service; `{}` ends them.
   *
   * @throws Error where the service has no processor of that name
   */
  inject(processor: string, faults: Faults): void {
    if (!this.processors.has(processor)) {
      throw new Error(
        `There is no processor '${processor}' here, but ${[...this.processors.keys()].join(', ')}.`,
      );
    }
    this.faults.set(processor, faults);
  }

  /**
   * Lets what is in hand be settled, and ends it.
   *
   * @throws what kept it from starting again after a crash
   */
  async stop(): Promise<void> {
    this.stopping = true;
    const app = await this.current;
    await app?.close();
  }

  private async open(): Promise<NestFastifyApplication> {
    const app: NestFastifyApplication = await createService(
      this.withFaults(() => this.crash(app)),
      this.config,
    );
    // It would print next to nothing: what it warns of is told by a wait that fails.
    if (this.config.logLevel === 'fatal') app.useLogger(quietLog);
    app.get(JetStreamStrategy, { strict: false }).adjust((declaration) => this.hurried(declaration));
    try {
      await app.startAllMicroservices();
      return app;
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  private withFaults(crash: () => Promise<void>): DynamicModule {
    const injection = new FaultInjection((processor) => this.faults.get(processor), crash);
    return {
      module: class ServiceUnderTest {},
      imports: [this.module],
      providers: [{ provide: APP_INTERCEPTOR, useValue: injection }],
    };
  }

  private hurried(declaration: ProcessorDeclaration): ProcessorDeclaration {
    this.processors.set(declaration.processor, declaration);
    return { ...declaration, delays: declaration.delays.map(() => 0) };
  }

  /** Cuts it off from the broker, which is all that the broker sees of a crash. */
  private async crash(app: NestFastifyApplication): Promise<void> {
    const connection = await app.get(JetStreamConnection, { strict: false }).get();
    if (connection.isClosed() || this.stopping) return;
    await this.shortenAckWait(connection);
    await connection.close();
    // Not awaited: it waits for the handler that has crashed to end.
    this.current = app.close().then(() => this.open());
    // `stop` tells of it.
    this.current.catch(() => undefined);
  }

  /** So that no test waits for half a minute until the broker hands out again what the crashed service had in flight. */
  private async shortenAckWait(connection: NatsConnection): Promise<void> {
    const { consumers } = await jetstreamManager(connection);
    for (const { stream, config } of [...this.processors.values()].flatMap(consumerConfigs))
      await consumers.update(stream, config.durable_name, { ack_wait: ACK_WAIT_AFTER_CRASH * MILLISECOND });
  }
}
