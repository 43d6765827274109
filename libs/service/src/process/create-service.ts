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
 * Makes a service of its root module: Fastify, errors as problem details, JSON bodies up to 16 KB, and, where the module
 * provides {@link JetStreamStrategy}, its event processors. Nothing listens yet.
 *
 * @throws what the module's providers throw while they are made, such as a database that cannot be opened
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
    // Milliseconds to receive a request in: Fastify's default lets a client hold a connection for ever.
    requestTimeout: 30_000,
    trustProxy: config.trustProxy ?? false,
    // While it closes, requests on open connections are served to the last; the answers close them.
    return503OnClosing: false,
    // What the router refuses, such as a malformed URL, reaches no filter.
    frameworkErrors: (error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
      const { problem } = answerToError(error);
      void reply.status(problem.status).type('application/problem+json').send(problem);
    },
  });
  acceptOnlyJson(adapter.getInstance());
  warnOfUntrustedProxies(adapter.getInstance());
  return adapter;
}

/** The filter stands in front of the service's own module, so that filters which the service declares go first. */
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
