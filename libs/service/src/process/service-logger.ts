import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { ServiceConfig } from '../config/service-config.js';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** What Nest tells of its own start: dozens of lines that nobody acts on. Its warnings and errors are kept. */
const NOISE = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/**
 * Nest logs here what it then hands on as well: whoever starts the service reports the one, and the transport the other, with
 * the event, the attempt, and credentials made unreadable.
 */
const REPORTED_ELSEWHERE = new Set(['ExceptionHandler', 'RpcExceptionsHandler']);

/** JSON in production, for machines; otherwise one plain line a message, for people. */
export class ServiceLogger extends ConsoleLogger {
  constructor({ nodeEnv, logLevel }: Pick<ServiceConfig, 'nodeEnv' | 'logLevel'>) {
    super({
      json: nodeEnv === 'production',
      colors: nodeEnv !== 'production' && process.stdout.isTTY === true,
      logLevels: LEVELS.slice(0, LEVELS.indexOf(logLevel) + 1),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!NOISE.has(String(rest.at(-1)))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!REPORTED_ELSEWHERE.has(String(rest.at(-1)))) super.error(message, ...rest);
  }

  protected override formatPid(): string {
    return '';
  }

  protected override getTimestamp(): string {
    return new Date().toISOString().slice(11, 23);
  }
}
