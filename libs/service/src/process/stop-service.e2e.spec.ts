import { UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import { channelOf } from '@cascade/jetstream';
import { eventually, startTestBroker } from '@cascade/testing';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { ServiceProcess } from '../../test/service-process.js';

const STORY = Array.from({ length: 10 }, (_, index) => `line ${index + 1}\n`).join('');

describe('a service that is stopped', () => {
  let broker: Broker;
  let client: NatsConnection;
  let service: ServiceProcess;
  let url: string;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    broker = await startTestBroker();
    client = await connect({ servers: broker.url });
  });

  afterAll(async () => {
    await client?.close();
    await broker?.stop();
  });

  beforeEach(() => start());

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    service.signal('SIGKILL');
    await service.exitCode();
  });

  async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    service = new ServiceProcess('story', { NATS_URL: broker.url, ...env });
    url = await service.url();
    await eventually(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200));
  }

  /** Opens a connection and sends the text. */
  async function dial(text: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const socket = connectTcp(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (text) await new Promise<void>((sent) => socket.write(text, () => sent()));
    return socket;
  }

  async function stopIt(): Promise<number> {
    const begun = performance.now();
    service.signal('SIGTERM');
    expect(await service.exitCode()).toBe(0);
    return performance.now() - begun;
  }

  it('waits only a second for connections that have sent nothing or half a request', async () => {
    await dial('');
    await dial('GET /story HTTP/1.1\r\nhost: ');
    await dial(
      'POST /bodies HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"a',
    );
    // The server accepts connections in the order in which they were opened.
    await fetch(`${url}/health/live`);
    expect(await stopIt()).toBeLessThan(3_000);
  });

  it('accepts the rest of a request that arrives within that second', async () => {
    const socket = await dial('GET /health/live HTTP/1.1\r\n');
    await fetch(`${url}/health/live`);
    service.signal('SIGTERM');
    await eventually(() => expect(service.output).toContain('stopping'));
    const answer = once(socket, 'data');
    socket.write('host: x\r\n\r\n');
    expect(String((await answer)[0])).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await service.exitCode()).toBe(0);
  });

  it('answers running requests to the last byte', async () => {
    const answer = await fetch(`${url}/story`);
    service.signal('SIGTERM');
    expect(await answer.text()).toBe(STORY);
    expect(await service.exitCode()).toBe(0);
  });

  it('handles no new events while it still answers requests', async () => {
    await publishSignup('Ada');
    await eventually(() => expect(service.output).toContain('recorded Ada'));
    const answer = await fetch(`${url}/story`);
    service.signal('SIGTERM');
    await eventually(() => expect(service.output).toContain('stopping'));
    await publishSignup('Grace');
    expect(await answer.text()).toBe(STORY);
    expect(await service.exitCode()).toBe(0);
    expect(service.output).not.toContain('recorded Grace');
  });

  it('reports that it is not ready, and accepts requests during STOP_DELAY_MS', async () => {
    service.signal('SIGKILL');
    await start({ STOP_DELAY_MS: '1500' });
    const stopped = stopIt();
    await eventually(async () => {
      const ready = await fetch(`${url}/health/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ status: 'stopping' });
      // The header makes a load balancer that reuses connections close this connection.
      expect(ready.headers.get('connection')).toBe('close');
    });
    expect(await (await fetch(`${url}/story`)).text()).toBe(STORY);
    expect(await stopped).toBeGreaterThanOrEqual(1_500);
  });

  it('ends immediately if its application is not complete yet', async () => {
    service.signal('SIGKILL');
    service = new ServiceProcess('unmade', {});
    await eventually(() => expect(service.output).toContain('waits'), { timeout: 15_000 });
    expect(await stopIt()).toBeLessThan(2_000);
  });

  async function publishSignup(name: string): Promise<void> {
    const user = { userId: randomUUID(), email: 'ada@example.com', name, locale: 'en' };
    const event = JSON.stringify({ ...user, signedUpAt: '2026-01-01T00:00:00Z' });
    await jetstream(client).publish(channelOf(UserSignedUp.event.name), event);
  }
});
