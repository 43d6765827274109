import { UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import { channelOf, EVENTS_STREAM } from '@cascade/jetstream';
import {
  createEmbeddedDatabase,
  describePostgres,
  eventually,
  setReadOnly,
  startTestBroker,
} from '@cascade/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { startSignup, type StartedSignup } from '../test/start-signup.js';
import { TcpProxy } from '../test/tcp-proxy.js';

let broker: Broker;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  broker = await startTestBroker();
}, 120_000);

afterAll(async () => {
  await broker?.stop();
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('the signup service', () => {
  it('accepts signups while the broker is down, and announces them after its return', async () => {
    const port = await freePort();
    const dataDir = await newFolder();
    const signup = await startSignup({ NATS_URL: `nats://127.0.0.1:${port}`, DATA_DIR: dataDir });
    undo.push(() => signup.app.close());
    const transport = signup.app.startAllMicroservices();

    const { status } = await signup.post({ email: 'ada@example.com', name: 'Ada' });
    expect(status).toBe(202);
    expect(await signup.get('/health/ready')).toMatchObject({
      status: 200,
      body: { checks: { database: { state: 'up' }, nats: { state: 'down' } } },
    });

    const returned = await startTestBroker({ port });
    undo.unshift(() => returned.stop());
    await transport;
    const message = await eventually(() => lastSignedUp(returned.url), { timeout: 15_000 });
    expect(message.email).toBe('ada@example.com');
  });

  it('accepts signups while EVENTS is full, reports waiting events, and announces them when there is room', async () => {
    const own = await startTestBroker();
    undo.push(() => own.stop());
    const signup = await start({ NATS_URL: own.url, DATA_DIR: await newFolder() });
    const client = await connect({ servers: own.url });
    undo.push(() => client.close());
    const { streams } = await jetstreamManager(client);
    const { config } = await streams.info(EVENTS_STREAM);
    await streams.update(EVENTS_STREAM, { max_bytes: 1 });

    const { status } = await signup.post({ email: 'ada@example.com', name: 'Ada' });
    expect(status).toBe(202);
    const down = { state: 'down' };
    await eventually(
      async () =>
        expect(await signup.get('/health/ready')).toMatchObject({
          status: 200,
          body: {
            status: 'ready',
            checks: {
              publishes: down,
              outbox: down,
            },
          },
        }),
      { timeout: 20_000 },
    );
    // After 10 s, the publish times out and is retried. The reported state must stay `down`.
    await eventually(
      async () =>
        expect(await signup.get('/health/ready')).toMatchObject({
          body: { checks: { publishes: down } },
        }),
      { timeout: 20_000 },
    );

    await streams.update(EVENTS_STREAM, { max_bytes: config.max_bytes });
    const message = await eventually(() => lastSignedUp(own.url), { timeout: 20_000 });
    expect(message.email).toBe('ada@example.com');
    await eventually(async () =>
      expect(await signup.get('/health/ready')).toMatchObject({
        body: { checks: { publishes: { state: 'up' }, outbox: { state: 'up' } } },
      }),
    );
  }, 80_000);

  it('refuses the eleventh signup per minute, and does not count invalid signups', async () => {
    const signup = await start({ SIGNUPS_PER_MINUTE: '10', DATA_DIR: await newFolder() });
    const post = (number: number) => signup.post({ email: `user${number}@example.com`, name: 'Ada' });
    for (let number = 1; number <= 10; number += 1) {
      expect((await signup.post({ email: 'no address' })).status).toBe(400);
      expect((await post(number)).status).toBe(202);
    }
    const { status, headers, body } = await post(11);
    expect(status).toBe(429);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
    expect(body).toMatchObject({
      status: 429,
      title: 'Too Many Requests',
      detail: expect.stringContaining('10'),
    });
  });

  it('counts clients behind a trusted proxy separately, and ignores other proxies', async () => {
    const limit = { SIGNUPS_PER_MINUTE: '1', DATA_DIR: await newFolder() };
    const from = (signup: StartedSignup, address: string) =>
      signup.post({ email: 'ada@example.com', name: 'Ada' }, { 'x-forwarded-for': address });

    const open = await start(limit);
    expect((await from(open, '192.0.2.1')).status).toBe(202);
    expect((await from(open, '192.0.2.2')).status).toBe(429);
    await open.app.close();

    const behindProxy = await start({ ...limit, TRUST_PROXY: '10.0.0.0/8,127.0.0.1' });
    expect((await from(behindProxy, '192.0.2.1')).status).toBe(202);
    expect((await from(behindProxy, '192.0.2.2')).status).toBe(202);
    expect((await from(behindProxy, '192.0.2.1')).status).toBe(429);
  });
});

describePostgres((databases) => {
  it('asks clients to try again while the database is down, and continues after its return', async () => {
    const database = new URL((await databases.create()).databaseUrl!);
    const proxy = new TcpProxy({ host: database.hostname, port: Number(database.port || 5432) });
    await proxy.open();
    database.host = `127.0.0.1:${proxy.port}`;
    const signup = await start({ DATABASE_URL: database.href });
    const body = { email: 'ada@example.com', name: 'Ada' };
    expect((await signup.post(body)).status).toBe(202);

    await proxy.cut();
    for (const answer of [await signup.post(body), await signup.post(body)]) {
      expect(answer).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await signup.get('/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'not ready', checks: { database: { state: 'down' } } },
    });

    await proxy.open();
    undo.push(() => proxy.cut());
    expect((await signup.post(body)).status).toBe(202);
  });

  it('asks clients to try again while the database rejects writes, like a demoted server', async () => {
    const { databaseUrl = '' } = await databases.create();
    const signup = await start({ DATABASE_URL: databaseUrl });
    const body = { email: 'ada@example.com', name: 'Ada' };
    await setReadOnly(databaseUrl, true);
    await eventually(async () => {
      const answer = await signup.post(body);
      expect(answer).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });
    expect(await signup.get('/health/ready')).toMatchObject({ status: 503, body: { status: 'not ready' } });

    await setReadOnly(databaseUrl, false);
    await eventually(async () => expect((await signup.post(body)).status).toBe(202));
  });
});

async function start(env: NodeJS.ProcessEnv): Promise<StartedSignup> {
  const signup = await startSignup({ NATS_URL: broker.url, ...env });
  undo.push(() => signup.app.close());
  await signup.app.startAllMicroservices();
  return signup;
}

async function newFolder(): Promise<string> {
  const { dataDir, remove } = await createEmbeddedDatabase();
  undo.push(remove);
  return dataDir;
}

/** Returns a free port. */
async function freePort(): Promise<number> {
  const proxy = new TcpProxy({ host: '127.0.0.1', port: 0 });
  await proxy.open();
  await proxy.cut();
  return proxy.port;
}

async function lastSignedUp(servers: string): Promise<UserSignedUp> {
  const connection = await connect({ servers });
  try {
    const manager = await jetstreamManager(connection);
    const subject = channelOf(UserSignedUp.event.name);
    const message = await manager.streams.getMessage(EVENTS_STREAM, { last_by_subj: subject });
    if (!message) throw new Error(`nothing on ${subject}`);
    return message.json<UserSignedUp>();
  } finally {
    await connection.close();
  }
}
