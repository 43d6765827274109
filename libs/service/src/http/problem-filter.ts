import { nameError } from '@cascade/jetstream';
import { Catch, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DrizzleQueryError } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerToError } from './answer-to-error.js';

const UNAVAILABLE: number = HttpStatus.SERVICE_UNAVAILABLE;

/** Answers every failed HTTP request with `application/problem+json` (RFC 9457). Logs errors of the service itself. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // Event handlers inherit this filter. If the filter returns nothing, Nest continues as if there were no filter.
    if (host.getType() !== 'http') return;
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const { problem, headers } = answerToError(error);
    if (problem.status >= 500) this.log(error, problem.status, http.getRequest<FastifyRequest>());

    const adapter = this.adapterHost.httpAdapter;
    if (adapter.isHeadersSent(reply)) {
      adapter.end(reply);
      return;
    }
    const allHeaders = { ...headers, 'content-type': 'application/problem+json' };
    for (const [name, value] of Object.entries(allHeaders)) adapter.setHeader(reply, name, value);
    adapter.reply(reply, problem, problem.status);
  }

  private log(error: unknown, status: number, request: FastifyRequest): void {
    // Logs the pattern of the route, because paths and queries may contain personal data.
    const what = `${request.method} ${request.routeOptions?.url ?? ''} answered ${status}`;
    // The message of a failed query contains its parameters, which may be personal data too.
    const logged = error instanceof DrizzleQueryError ? error.cause : error;
    if (status === UNAVAILABLE) this.logger.warn(`${what}: ${nameError(logged).message}`);
    else this.logger.error(what, stackOf(logged));
  }
}

/** Returns only the stack, because other properties of a driver's error contain the query and its parameters. */
function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
