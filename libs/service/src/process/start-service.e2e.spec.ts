import { UserSignedUp } from '@app/contracts';
import { startBroker } from '@cascade/embedded-broker';
import { channelOf } from '@cascade/jetstream';
import { eventually, startTestBroker } from '@cascade/testing';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { ServiceProcess } from '../../test/service-process.js';

describe('a service process', () => {
  const processes: ServiceProcess[] = [];
  let blocker: Server | undefined;

  afterEach(async () => {
    blocker?.close();
    for (const started of processes.splice(0)) {
      started.signal('SIGKILL');
      await started.exitCode();
    }
  });

  function start(scenario: string, env?: NodeJS.ProcessEnv): ServiceProcess {
    const started = new ServiceProcess(scenario, env);
    processes.push(started);
    return started;
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes running requests on %s and exits with 0',
    async (signal) => {
      const service = start('slow');
      const answer = fetch(`${await service.url()}/slow`);
      await eventually(() => expect(service.output).toContain('working'));
      service.signal(signal);
      expect(await (await answer).json()).toEqual({ done: true });
      expect(await service.exitCode()).toBe(0);
      expect(service.output).toContain(`stopping (${signal})`);
    },
  );

  it('abandons handlers that do not end, and exits with 0 in time', async () => {
    const broker = await startTestBroker();
    const client = await connect({ servers: broker.url });
    try {
      const service = start('endless', { NATS_URL: broker.url, STOP_TIMEOUT_MS: '5000' });
      const user = { userId: randomUUID(), email: 'ada@example.com', name: 'Ada', locale: 'en' };
      const event = JSON.stringify({ ...user, signedUpAt: '2026-01-01T00:00:00Z' });
      await eventually(() => jetstream(client).publish(channelOf(UserSignedUp.event.name), event));
      await eventually(() => expect(service.output).toContain('working'));
      service.signal('SIGTERM');
      expect(await service.exitCode()).toBe(0);
      expect(service.output).not.toContain('not stopped within');
    } finally {
      await client.close();
      await broker.stop();
    }
  }, 30_000);

  it('exits with 1 if it does not stop within the configured time', async () => {
    const service = start('stuck', { STOP_TIMEOUT_MS: '5000' });
    await service.url();
    service.signal('SIGTERM');
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toContain('not stopped within 5 s (STOP_TIMEOUT_MS): exiting now');
  }, 30_000);

  it('stops when its parent has ended', async () => {
    const service = start('plain');
    await service.url();
    service.disconnect();
    expect(await service.exitCode()).toBe(0);
  });

  it('is alive and not ready while the broker is unreachable, and can be stopped', async () => {
    const service = start('broker', { NATS_URL: `nats://127.0.0.1:${await freePort()}` });
    const url = await service.url();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'not ready', checks: { nats: { state: 'down' } } });
    service.signal('SIGTERM');
    expect(await service.exitCode()).toBe(0);
    expect(service.output).not.toContain('cannot start');
  });

  it('exits with 1 if its connection to the broker closes permanently, and logs why', async () => {
    const broker = await startTestBroker();
    const service = start('closing', { NATS_URL: broker.url });
    const url = await service.url();
    await eventually(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200));
    await broker.kill();
    const again = await startBroker({ storeDir: broker.storeDir, port: broker.port });
    try {
      expect(await service.exitCode()).toBe(1);
      expect(service.output).toMatch(/ERROR .*closed for good: the credentials file was removed/);
      expect(service.output).toMatch(
        /FATAL .*the connection to NATS has closed permanently: start the service again/,
      );
    } finally {
      await again.stop();
      await broker.stop();
    }
  }, 30_000);

  it('logs which port is in use, without a stack, and exits with 1', async () => {
    const port = await occupiedPort();
    const service = start('plain', { PORT: String(port) });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toContain(`cannot start: Cannot listen on 127.0.0.1:${port}`);
    expect(service.output).toContain('Set PORT or HOST');
    expect(service.output).not.toMatch(/\n\s+at /);
  });

  it('lists the faults of its environment, without a stack, and exits with 1', async () => {
    const service = start('plain', { PORT: '3000x', NATS_ULR: 'x' });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toBe(
      'cannot start: The environment has 2 faults:\n' +
        '  - PORT must be a number, found "3000x"\n' +
        '  - NATS_ULR is not known; did you mean NATS_URL?\n',
    );
  });

  it('logs the location of a mistake in its code once, and exits with 1', async () => {
    const service = start('mistake');
    expect(await service.exitCode()).toBe(1);
    expect(service.output.match(/TypeError: a mistake/g)).toHaveLength(1);
    expect(service.output).toMatch(/\n\s+at .+run-scenario/);
  });

  it.each(['exception', 'rejection'])('logs an uncaught %s and exits with 1', async (scenario) => {
    const service = start(scenario);
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toContain('slipped through');
  });

  it('logs JSON in production', async () => {
    const service = start('plain', { NODE_ENV: 'production' });
    await service.url();
    const lines = service.output.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 'log',
        context: 'Service',
        message: expect.stringContaining('listening on'),
      }),
    ]);
  });

  async function occupiedPort(): Promise<number> {
    blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    return (blocker.address() as AddressInfo).port;
  }

  async function freePort(): Promise<number> {
    const port = await occupiedPort();
    blocker?.close();
    return port;
  }
});
