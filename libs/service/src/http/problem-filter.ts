import { nameError } from '@cascade/jetstream';
import { Catch, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DrizzleQueryError } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerToError } from './answer-to-error.js';

const UNAVAILABLE: number = HttpStatus.SERVICE_UNAVAILABLE;

/** Answers every HTTP error as `application/problem+json` (RFC 9457). Those that are the service's own fault are logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // Event handlers inherit this filter; without an answer from it, Nest goes on as if it were not there.
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
    // The pattern of the route, not the path: paths and queries may hold personal data.
    const what = `${request.method} ${request.routeOptions?.url ?? ''} answered ${status}`;
    // The message of a failed query holds its parameters, which are personal data too.
    const logged = error instanceof DrizzleQueryError ? error.cause : error;
    if (status === UNAVAILABLE) this.logger.warn(`${what}: ${nameError(logged).message}`);
    else this.logger.error(what, stackOf(logged));
  }
}

/** The stack alone: a driver's error has the query and its parameters among its properties. */
function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
