import type { DynamicModule, Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JetStreamStrategy } from '@cascade/jetstream';
import type { ServiceConfig } from '../config/service-config.js';
import { answerToError } from '../http/answer-to-error.js';
import { warnOfUntrustedProxies } from '../http/forwarded-for.js';
import { HttpConnections } from '../http/http-connections.js';
import { acceptOnlyJson, BODY_LIMIT_BYTES } from '../http/json-body.js';
import { ProblemFilter } from '../http/problem-filter.js';
import { findProvider } from './find-provider.js';
import { ServiceLogger } from './service-logger.js';

/**
 * Creates a service from its root module. The service uses Fastify, answers errors with problem details, and accepts JSON bodies
 * up to 16 KB. Event processors are connected if the module provides {@link JetStreamStrategy}. The service does not listen yet.
 *
 * @throws any error of the module's providers, such as a database that cannot be opened
 */
export async function createService(
  module: Type | DynamicModule,
  config: ServiceConfig,
): Promise<NestFastifyApplication> {
  const adapter = newAdapter(config);
  const connections = new HttpConnections(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(rootOf(module, connections), adapter, {
    abortOnError: false,
    bodyParser: false,
    logger: new ServiceLogger(config),
  });
  const strategy = findProvider(app, JetStreamStrategy);
  if (strategy) app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  return app;
}

function newAdapter(config: ServiceConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    // Timeout for receiving a request, in milliseconds. Fastify has no default limit, so a client could hold a connection
    // forever.
    requestTimeout: 30_000,
    trustProxy: config.trustProxy ?? false,
    // During a stop, requests on open connections are still served. The responses close the connections.
    return503OnClosing: false,
    // Errors of the router, such as a malformed URL, do not reach the filter.
    frameworkErrors: (error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
      const { problem } = answerToError(error);
      void reply.status(problem.status).type('application/problem+json').send(problem);
    },
  });
  acceptOnlyJson(adapter.getInstance());
  warnOfUntrustedProxies(adapter.getInstance());
  return adapter;
}

/** Wraps the module in an outer module with the global filter. Filters of the service's own module therefore run first. */
function rootOf(module: Type | DynamicModule, connections: HttpConnections): DynamicModule {
  return {
    module: class Root {},
    imports: [module],
    providers: [
      { provide: APP_FILTER, useClass: ProblemFilter },
      { provide: HttpConnections, useValue: connections },
    ],
  };
}
