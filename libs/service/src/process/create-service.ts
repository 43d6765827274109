import type { DynamicModule, Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { JetStreamStrategy } from '@app/jetstream';
import type { ServiceConfig } from '../config/service-config.js';
import { answerToError } from '../http/answer-to-error.js';
import { acceptOnlyJson, BODY_LIMIT_BYTES } from '../http/json-body.js';
import { ProblemFilter } from '../http/problem-filter.js';
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
  const app = await NestFactory.create<NestFastifyApplication>(rootOf(module), adapter, {
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
  closeConnectionsOnStop(adapter.getInstance());
  return adapter;
}

/** A connection that is busy when the server closes would stay open behind its answer, and closing would wait for it. */
function closeConnectionsOnStop(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', (done) => {
    stopping = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done();
  });
}

/** The filter stands in front of the service's own module, so that filters which the service declares go first. */
function rootOf(module: Type | DynamicModule): DynamicModule {
  return {
    module: class Root {},
    imports: [module],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  };
}

/** The provider of a class, of whichever module; undefined where no module has one. */
export function findProvider<Provider>(
  app: NestFastifyApplication,
  type: Type<Provider>,
): Provider | undefined {
  try {
    return app.get(type, { strict: false });
  } catch {
    return undefined;
  }
}
