import type { Broker } from '@app/embedded-broker';
import { startTestBroker } from '@app/testing';
import { AckPolicy, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCascade } from '../test/session.js';

interface Checked {
  differences: { what: string; missing: boolean; settings: { name: string }[] }[];
  undeclared: { stream: string; durable: string }[];
}

describe('cascade provision', () => {
  let broker: Broker;
  let client: NatsConnection;
  let manager: JetStreamManager;

  beforeAll(async () => {
    broker = await startTestBroker();
    client = await connect({ servers: broker.url });
    manager = await jetstreamManager(client);
  });
  afterAll(async () => {
    await client.close();
    await broker.stop();
  });

  const provision = (...args: string[]) =>
    runCascade(['provision', ...args], { env: { NATS_URL: broker.url } });
  const check = async () => JSON.parse((await provision('--check', '--json')).stdout) as Checked;

  it('checks: everything is missing at first, which it tells and does not change', async () => {
    const { code, stdout } = await provision('--check');
    expect(code).toBe(1);
    expect(stdout).toContain('stream EVENTS  is missing\n');
    expect(stdout).toContain('consumer notifier on stream EVENTS  is missing\n');
    expect(stdout).toMatch(/\n\d+ differences; `node cascade provision` creates and updates\.\n$/);
    expect((await check()).differences.every(({ missing }) => missing)).toBe(true);
    await expect(manager.streams.info('EVENTS')).rejects.toThrow('stream not found');
  });

  it('creates what is missing, once', async () => {
    const { code, stdout } = await provision();
    expect(code).toBe(0);
    expect(stdout).toContain('stream RETRIES  created\n');
    expect(stdout).toContain('consumer metadata-writer-failures on stream FAILURES  created\n');
    expect(await provision('--check')).toEqual({
      code: 0,
      stdout: 'Streams and consumers are as declared.\n',
      stderr: '',
    });
    expect((await provision()).stdout).toBe('Streams and consumers were as declared already.\n');
  });

  it('shows what differs, and updates it', async () => {
    await manager.consumers.update('EVENTS', 'notifier', { ack_wait: 5e9 });
    const { code, stdout } = await provision('--check');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /consumer notifier on stream EVENTS {2}differs\n {2}ack_wait: declared \d+, found 5000000000\n/,
    );
    expect((await provision()).stdout).toContain('consumer notifier on stream EVENTS  updated\n');
    expect(await check()).toEqual({ differences: [], undeclared: [] });
  });

  it('leaves a consumer alone that nothing declares, and tells of it', async () => {
    await manager.consumers.add('EVENTS', { durable_name: 'retired', ack_policy: AckPolicy.Explicit });
    const { code, stdout } = await provision();
    expect(code).toBe(0);
    expect(stdout).toContain('consumer retired on stream EVENTS  belongs to no declared processor');
    expect(await check()).toEqual({
      differences: [],
      undeclared: [{ stream: 'EVENTS', durable: 'retired' }],
    });
  });

  it('says what is wrong where a difference cannot be updated', async () => {
    await manager.consumers.delete('EVENTS', 'notifier');
    await manager.consumers.add('EVENTS', { durable_name: 'notifier', ack_policy: AckPolicy.None });
    const { code, stderr } = await provision();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The consumer notifier on stream EVENTS on the server is not as declared:\n[^]* {2}ack_policy: wanted "explicit", found "none"/,
    );
  });
});
