import { Logger, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceConfig } from '../config/service-config.js';
import { createService } from '../process/create-service.js';
import { HealthModule } from './health.module.js';

/** Part whose state is set by the test. */
class Switch {
  ready: () => Promise<void> = () => Promise.resolve();
}
class Database extends Switch {}
class Broker extends Switch {}
class Cache extends Switch {}

const database = new Database();
const broker = new Broker();
const cache = new Cache();
const logged: string[] = [];
let closing: (() => Promise<void>) | undefined;

@Module({
  imports: [
    {
      module: class Parts {},
      global: true,
      providers: [
        { provide: Database, useValue: database },
        { provide: Broker, useValue: broker },
        { provide: Cache, useValue: cache },
      ],
      exports: [Database, Broker, Cache],
    },
    HealthModule.forRoot({ checks: { database: Database, nats: Broker }, optional: { cache: Cache } }),
  ],
})
class HealthyModule {
  async beforeApplicationShutdown(): Promise<void> {
    await closing?.();
  }
}

describe('the health of a service', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const config = Object.assign(new ServiceConfig(), { nodeEnv: 'test', logLevel: 'fatal' });
    app = await createService(HealthyModule, config);
    const log = (message: string) => void logged.push(message);
    app.useLogger({ log, warn: log, error: log });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  beforeEach(() => {
    for (const part of [database, broker, cache]) part.ready = () => Promise.resolve();
  });

  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(true);
  });

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${url}/health/${path}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    return { status: response.status, body: await response.json() };
  }

  it('is ready if every part is ready', async () => {
    expect(await get('ready')).toEqual({
      status: 200,
      body: {
        status: 'ready',
        checks: { database: { state: 'up' }, nats: { state: 'up' }, cache: { state: 'up' } },
      },
    });
  });

  it('is alive and not ready while a part is down, and does not show the reason', async () => {
    broker.ready = () => Promise.reject(new Error('disconnected'));
    database.ready = () => {
      throw new Error('closed');
    };
    expect(await get('live')).toEqual({ status: 200, body: { status: 'live' } });
    expect(await get('ready')).toEqual({
      status: 503,
      body: {
        status: 'not ready',
        checks: {
          database: { state: 'down' },
          nats: { state: 'down' },
          cache: { state: 'up' },
        },
      },
    });
  });

  it('logs once why a part is down, and once that it is up again', async () => {
    await get('ready');
    logged.length = 0;
    broker.ready = () => Promise.reject(new Error('disconnected (NATS at broker:4222)'));
    await Promise.all([get('ready'), get('ready')]);
    await get('ready');
    broker.ready = () => Promise.reject(new Error('closed (NATS at broker:4222)'));
    await get('ready');
    expect(logged).toEqual(['nats is down: disconnected (NATS at broker:4222)']);

    broker.ready = () => Promise.resolve();
    await get('ready');
    await get('ready');
    expect(logged.slice(1)).toEqual(['nats is up']);
  });

  it('is ready without an optional part', async () => {
    cache.ready = () => Promise.reject(new Error('cold'));
    expect(await get('ready')).toMatchObject({
      status: 200,
      body: { status: 'ready', checks: { cache: { state: 'down' } } },
    });
  });

  it('waits a second for a part that hangs', async () => {
    database.ready = () => new Promise(() => undefined);
    const start = performance.now();
    expect(await get('ready')).toMatchObject({
      status: 503,
      body: {
        checks: { database: { state: 'down' }, nats: { state: 'up' } },
      },
    });
    expect(logged).toContain('database is down: no answer within 1000 ms');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('is not ready after the stop has begun', async () => {
    let duringClose: { status: number; body: unknown } | undefined;
    closing = async () => {
      duringClose = await get('ready');
    };
    await app.close();
    expect(duringClose).toMatchObject({ status: 503, body: { status: 'stopping' } });
  });
});
