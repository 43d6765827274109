import { JetStreamStrategy } from '@cascade/jetstream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readiness } from '../health/readiness.js';
import { HttpConnections } from '../http/http-connections.js';
import { findProvider } from './find-provider.js';

/**
 * Ends a service: it says that it is not ready, its event processors stop, requests are taken for another `delay` ms, and then it
 * closes. Nest alone would close HTTP first, and leave the processors at work for as long as a request runs.
 */
export async function stopService(app: NestFastifyApplication, delay: number): Promise<void> {
  findProvider(app, Readiness)?.stop();
  findProvider(app, HttpConnections)?.leave();
  // `app.close()` awaits this too, and reports its failure.
  findProvider(app, JetStreamStrategy)
    ?.close()
    .catch(() => undefined);
  if (app.getHttpServer().listening) await sleep(delay);
  await app.close();
}
