import { JetStreamConnection } from '@cascade/jetstream';
import { Logger, type DynamicModule, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceConfig } from '../config/service-config.js';
import { createService } from './create-service.js';
import { findProvider } from './find-provider.js';
import { failureMessage } from './failure-message.js';
import { ServiceLogger } from './service-logger.js';
import { stopService } from './stop-service.js';

/** The address that the service should listen on is taken, or may not be used. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor({ host, port }: ServiceConfig, cause: Error) {
    super(
      `Cannot listen on ${host}:${port} (${cause.message}). Set PORT or HOST, or stop what uses that port.`,
      { cause },
    );
  }
}

/**
 * Runs a service as this process. HTTP listens first, so that `/health/live` answers while the broker is awaited; then its
 * event processors start.
 *
 * SIGTERM, SIGINT and the loss of a parent process that holds an IPC channel stop it: running requests and events are
 * finished, and it exits with 0, or with 1 where that takes longer than `stopTimeoutMs`. A failed start, an error nobody caught and a
 * connection to the broker that closed for good are logged, and it exits with 1.
 *
 * @param prepare what the application needs before it listens, such as a page of API documentation
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
      process.once('disconnect', () => void this.stop('stopping, as the parent process is gone'));
    // Rejections that nobody handles arrive here too.
    process.on('uncaughtException', (error) => {
      this.logger.fatal('ended by an error that nobody caught', error);
      process.exit(1);
    });
  }

  async start(prepare: (app: NestFastifyApplication) => void | Promise<void>): Promise<void> {
    const { config } = this;
    const app = (this.app = await this.created);
    findProvider(app, JetStreamConnection)?.onClosed(
      () => void this.end('there is no connection to NATS any more: start the service again'),
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
    // What fails while it stops is no news.
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
      this.logger.error(`not stopped within ${stopTimeoutMs / 1_000} s (STOP_TIMEOUT_MS), giving up`);
      process.exit(1);
    }, stopTimeoutMs);
    try {
      // What is still being made has nothing at work.
      if (this.app) await stopService(this.app, delay);
      process.exit(exitCode);
    } catch (error) {
      this.logger.error('failed to stop', error);
      process.exit(1);
    }
  }
}
