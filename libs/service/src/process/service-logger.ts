import { describeError, errorReport, linesOf, redact } from '@cascade/jetstream';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { ServiceConfig } from '../config/service-config.js';
import { loggable } from './loggable.js';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Contexts in which Nest logs dozens of lines about its start. Warnings and errors of these contexts are still logged. */
const NOISE = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/**
 * Contexts in which Nest logs an error that it also throws. `startService` reports the errors of `ExceptionHandler`. The
 * transport reports the errors of `RpcExceptionsHandler`, with the event and the attempt.
 */
const REPORTED_ELSEWHERE = new Set(['ExceptionHandler', 'RpcExceptionsHandler']);

/**
 * Logs JSON in production, and otherwise a plain line for each message. Credentials, addresses and phone numbers are masked as in
 * the transport, even in objects. For a failed query, the cause is logged without the parameters.
 */
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

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    return super.stringifyMessage(textOf(this.resolveMessage(message)), logLevel);
  }

  protected override stringifyParams(params: object): string {
    return super.stringifyParams(loggable(params) as object);
  }

  /** Formats the context. Nest treats the last string argument of a call as the context, so the context may be any string. */
  protected override formatContext(context: string): string {
    return super.formatContext(textOf(context) as string);
  }

  protected override printStackTrace(stack: string): void {
    super.printStackTrace(textOf(stack) as string);
  }

  protected override printAsJson(
    message: unknown,
    options: Parameters<ConsoleLogger['printAsJson']>[1],
  ): void {
    const { context, errorStack, params } = options;
    super.printAsJson(loggable(message), {
      ...options,
      context: redact(context),
      errorStack: loggable(errorStack),
      ...(params ? { params: loggable(params) as object } : {}),
    });
  }

  protected override serializeError(error: Error): Record<string, unknown> {
    return { ...describeError(error) };
  }

  protected override formatPid(): string {
    return '';
  }

  protected override getTimestamp(): string {
    return new Date().toISOString().slice(11, 23);
  }
}

function textOf(message: unknown): unknown {
  if (message instanceof Error) return errorReport(describeError(message));
  return typeof message === 'string' ? linesOf(redact(message)) : loggable(message);
}
