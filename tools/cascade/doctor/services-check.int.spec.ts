import { createService, HealthModule, ServiceConfig } from '@cascade/service';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { checkServices } from './services-check.js';

class Database {
  ready: () => Promise<void> = () => Promise.resolve();
}
class Publishes extends Database {}

const database = new Database();
const publishes = new Publishes();
const provided = [
  { provide: Database, useValue: database },
  { provide: Publishes, useValue: publishes },
];

describe('The check of the services that run here', () => {
  let app: NestFastifyApplication;
  let other: Server;
  const urls: Record<string, { url: string }> = {};

  beforeAll(async () => {
    const config = Object.assign(new ServiceConfig(), { nodeEnv: 'test', logLevel: 'fatal' });
    const parts = {
      module: class Parts {},
      global: true,
      providers: provided,
      exports: [Database, Publishes],
    };
    const health = HealthModule.forRoot({
      checks: { database: Database },
      optional: { publishes: Publishes },
    });
    app = await createService({ module: class Orders {}, imports: [parts, health] }, config);
    await app.listen(0, '127.0.0.1');
    other = createServer((_request, response) => void response.end('"hello"')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    urls['orders'] = { url: await app.getUrl() };
    urls['other'] = { url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };
    urls['away'] = { url: 'http://127.0.0.1:1' };
    urls['broker'] = { url: 'nats://127.0.0.1:1' };
  });
  afterAll(async () => {
    other.close();
    await app.close();
    Logger.overrideLogger(true);
  });

  const check = (...names: string[]) => checkServices({ parts: urls }, names);

  it('accepts services whose parts are all up, and queries no others', async () => {
    expect(await check('orders', 'not-started')).toEqual([
      { about: 'services', level: 'ok', says: 'orders: all parts are up' },
    ]);
    expect(await check()).toEqual([]);
  });

  it('finds parts that are down, including optional parts, and says where to look', async () => {
    publishes.ready = () => Promise.reject(new Error('1 publish to EVENTS\nunconfirmed'));
    database.ready = () => Promise.reject(new Error('closed'));
    expect(await check('orders')).toEqual([
      {
        about: 'services',
        level: 'fault',
        says: 'orders: database is down',
        remedy: 'its log says why',
      },
      {
        about: 'services',
        level: 'fault',
        says: 'orders: publishes is down',
        remedy: 'its log says why; `node cascade lag` shows how full the streams are',
      },
    ]);
  });

  it('finds a service that does not answer, and another program in its place', async () => {
    expect(await check('away', 'other')).toMatchObject([
      { level: 'fault', says: expect.stringMatching(/^away does not answer at http:\/\/127\.0\.0\.1:1: .+/) },
      { level: 'fault', says: `another program answers at ${urls['other']!.url}, not other` },
    ]);
  });
});
