import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { findNatsServer } from '../find/find-nats-server.js';
import type { NatsServer } from '../find/nats-server.js';
import { writeProgram } from '../find/search.fixture.js';
import { type Broker, BrokerStartError, startBroker, type StartBrokerOptions } from './start-broker.js';
import { StoreInUseError } from './store-lock.js';

let server: NatsServer;
let storeDir: string;
const started: Broker[] = [];

beforeAll(async () => {
  server = await findNatsServer();
});
beforeEach(async () => {
  storeDir = await mkdtemp(join(tmpdir(), 'cascade-start-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((broker) => broker.kill()));
  await rm(storeDir, { recursive: true, force: true });
});

async function start(options: Partial<StartBrokerOptions> = {}): Promise<Broker> {
  const broker = await startBroker({ storeDir, server, ...options });
  started.push(broker);
  return broker;
}

async function failure(options: Partial<StartBrokerOptions>): Promise<Error> {
  return start(options).then(
    () => new Error('it started'),
    (error: Error) => error,
  );
}

async function withConnection<T>(
  broker: Broker,
  use: (connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: broker.url });
  return use(connection).finally(() => connection.close());
}

const storeOneEvent = (broker: Broker) =>
  withConnection(broker, async (connection) => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'EVENTS', subjects: ['events.>'] });
    await jetstream(connection).publish('events.user.signed-up', '{}');
  });

const storedEvents = (broker: Broker) =>
  withConnection(broker, async (connection) => {
    const manager = await jetstreamManager(connection);
    return (await manager.streams.info('EVENTS')).state.messages;
  });

describe('a broker', () => {
  it('has enabled JetStream on a free port of 127.0.0.1 when the promise resolves', async () => {
    const [one, other] = await Promise.all([start(), start({ storeDir: join(storeDir, 'other/new') })]);
    expect(one.url).toBe(`nats://127.0.0.1:${one.port}`);
    expect(other.port).not.toBe(one.port);
    expect(one).toMatchObject({ version: server.version, from: server.from, storeDir });
    await storeOneEvent(one);
    await expect(storedEvents(one)).resolves.toBe(1);
  });

  it('has ended after it is stopped, and may be stopped twice', async () => {
    const broker = await start();
    await broker.stop();
    await broker.stop();
    await expect(broker.exited).resolves.toEqual({ code: 0, signal: null });
    await expect(connect({ servers: broker.url, reconnect: false })).rejects.toThrow();
    expect(() => process.kill(broker.pid, 0)).toThrow('ESRCH');
  });

  it('starts on the same store and port after a crash, and keeps its streams', async () => {
    const broker = await start();
    await storeOneEvent(broker);
    await broker.kill();
    await expect(broker.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });

    const again = await start({ port: broker.port });
    expect(again.url).toBe(broker.url);
    await expect(storedEvents(again)).resolves.toBe(1);
  });

  it('has the process id of the server, so that a crash test can kill it', async () => {
    const broker = await start();
    process.kill(broker.pid, 'SIGKILL');
    await expect(broker.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('accepts further settings of nats-server', async () => {
    const broker = await start({ settings: { max_payload: 4096, jetstream: { max_file_store: 1_000_000 } } });
    await withConnection(broker, async (connection) => {
      expect(connection.info?.max_payload).toBe(4096);
      const { limits } = await (await jetstreamManager(connection)).getAccountInfo();
      expect(limits).toBeDefined();
    });
  });

  it('forwards its output', async () => {
    const lines: string[] = [];
    const broker = await start({ log: (line) => lines.push(line) });
    await broker.stop();
    expect(lines).toContainEqual(expect.stringContaining('Server is ready'));
    expect(lines.at(-1)).toContain('Server Exiting');
  });
});

describe('a broker that cannot start', () => {
  it('on the port of another broker, does not mistake the other broker for its own', async () => {
    const { port } = await start();
    const error = await failure({ storeDir: join(storeDir, 'other'), port });
    expect(error).toBeInstanceOf(BrokerStartError);
    expect(error.message).toMatch(/it ended with code 1\. Its last lines:\n[^]*address already in use/);
  });

  it('on a port that another program uses, reports the last lines of the server', async () => {
    const other = createServer((socket) => socket.end('hello\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const error = await failure({ port: (other.address() as AddressInfo).port });
      expect(error).toBeInstanceOf(BrokerStartError);
      expect((error as BrokerStartError).output).toContainEqual(
        expect.stringContaining('address already in use'),
      );
    } finally {
      other.close();
    }
  });

  it('with a setting that nats-server does not know, reports its error', async () => {
    const error = await failure({ settings: { max_paylod: 1 } });
    expect(error.message).toContain('max_paylod');
  });

  it('with a program that never answers, gives up and kills it', async () => {
    const command = await writeProgram(join(storeDir, 'silent'), 'echo "I am $$"; exec sleep 60');
    const error = await failure({ server: { ...server, command }, timeout: 300 });
    expect(error.message).toMatch(/no answer within 300 ms \(it opened no port\)/);
    const pid = Number(/I am (\d+)/.exec(error.message)?.[1]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('on the store of a running broker, is refused', async () => {
    await start();
    await expect(failure({})).resolves.toBeInstanceOf(StoreInUseError);
  });
});
