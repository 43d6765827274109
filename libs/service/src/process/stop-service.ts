import { JetStreamStrategy } from '@cascade/jetstream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readiness } from '../health/readiness.js';
import { HttpConnections } from '../http/http-connections.js';
import { findProvider } from './find-provider.js';

/**
 * Stops a service. The service reports that it is not ready, and stops its event processors. The service accepts requests for
 * another `delay` ms, and then closes. Nest alone would close HTTP first, and the processors would continue as long as a request
 * runs.
 */
export async function stopService(app: NestFastifyApplication, delay: number): Promise<void> {
  findProvider(app, Readiness)?.stop();
  findProvider(app, HttpConnections)?.leave();
  // `app.close()` also awaits this call, and reports a failure.
  findProvider(app, JetStreamStrategy)
    ?.close()
    .catch(() => undefined);
  if (app.getHttpServer().listening) await sleep(delay);
  await app.close();
}
