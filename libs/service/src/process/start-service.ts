import { JetStreamConnection } from '@cascade/jetstream';
import { Logger, type DynamicModule, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceConfig } from '../config/service-config.js';
import { createService } from './create-service.js';
import { findProvider } from './find-provider.js';
import { failureMessage } from './failure-message.js';
import { ServiceLogger } from './service-logger.js';
import { stopService } from './stop-service.js';

/** Thrown if the service cannot listen on its address, for example because the port is in use. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor({ host, port }: ServiceConfig, cause: Error) {
    super(
      `Cannot listen on ${host}:${port} (${cause.message}). Set PORT or HOST, or stop the process that uses that port.`,
      { cause },
    );
  }
}

/**
 * Runs a service in this process. The HTTP server listens first, so that `/health/live` answers while the broker is unreachable.
 * The event processors start afterwards.
 *
 * The service stops on SIGTERM, on SIGINT, and if the IPC channel of the parent process closes. Running requests and events are
 * finished, and the process exits with 0. If the stop takes longer than `stopTimeoutMs`, the process exits with 1. After a failed
 * start, an uncaught error or the permanent loss of the broker, the reason is logged. The process then exits with 1.
 *
 * @param prepare Called before the service listens, for example to add a page of API documentation.
 */
export async function startService(
  module: Type | DynamicModule,
  config: ServiceConfig,
  prepare: (app: NestFastifyApplication) => void | Promise<void> = () => undefined,
): Promise<void> {
  Logger.overrideLogger(new ServiceLogger(config));
  const running = new RunningService(createService(module, config), config);
  try {
    await running.start(prepare);
  } catch (error) {
    await running.fail(error);
  }
}

class RunningService {
  private readonly logger = new Logger('Service');
  private app: NestFastifyApplication | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly created: Promise<NestFastifyApplication>,
    private readonly config: ServiceConfig,
  ) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => void this.stop(`stopping (${signal})`));
    if (process.connected)
      process.once('disconnect', () => void this.stop('stopping, because the parent process has ended'));
    // Unhandled rejections also arrive here.
    process.on('uncaughtException', (error) => {
      this.logger.fatal('ended by an uncaught error', error);
      process.exit(1);
    });
  }

  async start(prepare: (app: NestFastifyApplication) => void | Promise<void>): Promise<void> {
    const { config } = this;
    const app = (this.app = await this.created);
    findProvider(app, JetStreamConnection)?.onClosed(
      () => void this.end('the connection to NATS has closed permanently: start the service again'),
    );
    await prepare(app);
    await app.listen(config.port, config.host).catch((error: Error) => {
      throw 'syscall' in error ? new ListenError(config, error) : error;
    });
    this.logger.log(`listening on ${await app.getUrl()}`);
    await app.startAllMicroservices();
  }

  async fail(error: unknown): Promise<void> {
    await this.end(`cannot start: ${failureMessage(error)}`);
  }

  private async end(message: string): Promise<void> {
    // Failures during a stop are expected.
    if (!this.stopping) this.logger.fatal(message);
    await (this.stopping ??= this.closeAndExit(1, 0));
  }

  private async stop(message: string): Promise<void> {
    if (!this.stopping) this.logger.log(message);
    await (this.stopping ??= this.closeAndExit(0, this.config.stopDelayMs));
  }

  private async closeAndExit(exitCode: number, delay: number): Promise<void> {
    const { stopTimeoutMs } = this.config;
    setTimeout(() => {
      this.logger.error(`not stopped within ${stopTimeoutMs / 1_000} s (STOP_TIMEOUT_MS): exiting now`);
      process.exit(1);
    }, stopTimeoutMs);
    try {
      // An application that has not been created completely has no work in progress.
      if (this.app) await stopService(this.app, delay);
      process.exit(exitCode);
    } catch (error) {
      this.logger.error('failed to stop', error);
      process.exit(1);
    }
  }
}
