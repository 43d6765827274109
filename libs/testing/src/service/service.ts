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

/**
 * Acknowledgment timeout for the events of a crashed service, in milliseconds. The broker redelivers the events after this time.
 * A declaration of `ackWait` cannot be shorter.
 */
const ACK_WAIT_AFTER_CRASH = 1_000;
/** Number of nanoseconds in a millisecond. The server expects nanoseconds. */
const MILLISECOND = 1_000_000;

/**
 * Runs a service in the test's process. In contrast to `startService` of `@cascade/service`, the service does not listen for
 * requests and handles no signals. The processors have no backoff, so every retry is due immediately. Resolves when its
 * processors consume.
 */
export async function runService(
  module: Type | DynamicModule,
  config: ServiceConfig,
): Promise<RunningService> {
  const service = new RunningService(module, config);
  await service.start();
  return service;
}

/** Service that runs in the test's process. */
export class RunningService {
  private readonly faults = new Map<string, Faults>();
  private readonly processors = new Map<string, ProcessorDeclaration>();
  private current: Promise<NestFastifyApplication> | undefined;
  private stopping = false;

  /** Called only by {@link runService}. */
  constructor(
    private readonly module: Type | DynamicModule,
    private readonly config: ServiceConfig,
  ) {}

  /** @throws any error of the start */
  async start(): Promise<void> {
    await (this.current ??= this.open());
  }

  /**
   * Sets the faults of a processor for later events. An empty object `{}` ends the faults.
   *
   * @throws Error if the service has no processor with this name
   */
  inject(processor: string, faults: Faults): void {
    if (!this.processors.has(processor)) {
      throw new Error(
        `There is no processor '${processor}' here. There are: ${[...this.processors.keys()].join(', ')}.`,
      );
    }
    this.faults.set(processor, faults);
  }

  /**
   * Waits until the events in flight are settled, and stops the service.
   *
   * @throws any error of a start after a crash
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
    // The quiet log prints nothing. The error of a failed wait shows the warnings.
    if (this.config.logLevel === 'fatal') app.useLogger(quietLog);
    app.get(JetStreamStrategy, { strict: false }).adjust((declaration) => this.withoutBackoff(declaration));
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

  private withoutBackoff(declaration: ProcessorDeclaration): ProcessorDeclaration {
    this.processors.set(declaration.processor, declaration);
    return { ...declaration, delays: declaration.delays.map(() => 0) };
  }

  /** Simulates a crash by closing the connection, because the broker notices no other effect of a crash. */
  private async crash(app: NestFastifyApplication): Promise<void> {
    const connection = await app.get(JetStreamConnection, { strict: false }).get();
    if (connection.isClosed() || this.stopping) return;
    await this.shortenAckWait(connection);
    await connection.close();
    // The promise is not awaited, because closing waits for the handler that has crashed.
    this.current = app.close().then(() => this.open());
    // `stop` reports the error.
    this.current.catch(() => undefined);
  }

  /** Shortens the time until a redelivery. Otherwise, tests would wait half a minute for the events of the crashed service. */
  private async shortenAckWait(connection: NatsConnection): Promise<void> {
    const { consumers } = await jetstreamManager(connection);
    for (const { stream, config } of [...this.processors.values()].flatMap(consumerConfigs))
      await consumers.update(stream, config.durable_name, { ack_wait: ACK_WAIT_AFTER_CRASH * MILLISECOND });
  }
}
