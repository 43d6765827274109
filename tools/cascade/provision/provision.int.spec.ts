import type { Broker } from '@cascade/embedded-broker';
import { eventually, startTestBroker } from '@cascade/testing';
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCascade } from '../test/session.js';

interface Checked {
  differences: { what: string; missing: boolean; settings: { name: string }[] }[];
  retired: { processor: string }[];
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

  it('reports missing streams and consumers with --check, and creates none', async () => {
    const { code, stdout } = await provision('--check');
    expect(code).toBe(1);
    expect(stdout).toContain('stream EVENTS  is missing\n');
    expect(stdout).toContain('consumer notifier on stream EVENTS  is missing\n');
    expect(stdout).toMatch(
      /\n\d+ differences\. `node cascade provision` creates missing streams and consumers, and changes settings\.\n$/,
    );
    expect((await check()).differences.every(({ missing }) => missing)).toBe(true);
    await expect(manager.streams.info('EVENTS')).rejects.toThrow('stream not found');
  });

  it('creates missing streams and consumers once', async () => {
    const { code, stdout } = await provision();
    expect(code).toBe(0);
    expect(stdout).toContain('stream RETRIES  created\n');
    expect(stdout).toContain('consumer metadata-writer-failures on stream FAILURES  created\n');
    expect(await provision('--check')).toEqual({
      code: 0,
      stdout: 'Streams and consumers are as declared.\n',
      stderr: '',
    });
    expect((await provision()).stdout).toBe('Streams and consumers were already as declared.\n');
  });

  it('shows differences, and changes them', async () => {
    await manager.consumers.update('EVENTS', 'notifier', { ack_wait: 5e9 });
    const { code, stdout } = await provision('--check');
    expect(code).toBe(1);
    expect(stdout).toContain(
      'consumer notifier on stream EVENTS  differs\n  ack_wait: declared 30 s, found 5 s\n',
    );
    expect((await provision()).stdout).toContain('consumer notifier on stream EVENTS  changed\n');
    expect(await check()).toEqual({ differences: [], retired: [] });
  });

  it('applies the stream sizes of the environment, and lowers a size only with --lower', async () => {
    const size = { EVENTS_MAX_BYTES: '2GiB', FAILURES_MAX_AGE: '60d' };
    const provisionAs = (env: NodeJS.ProcessEnv, ...args: string[]) =>
      runCascade(['provision', ...args], { env: { NATS_URL: broker.url, ...env } });
    const limits = async () => {
      const [events, failures] = await Promise.all(
        ['EVENTS', 'FAILURES'].map((name) => manager.streams.info(name)),
      );
      return { bytes: events!.config.max_bytes, age: failures!.config.max_age };
    };

    expect((await provisionAs(size)).stdout).toContain('  max_bytes: declared 2 GiB, found 1 GiB\n');
    expect(await limits()).toEqual({ bytes: 2 * 1024 ** 3, age: 60 * 86_400e9 });

    const refused = await provision();
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('  max_bytes: declared 1 GiB, found 2 GiB  (needs --lower)\n');
    expect(await limits()).toEqual({ bytes: 2 * 1024 ** 3, age: 60 * 86_400e9 });

    expect((await provision('--lower')).code).toBe(0);
    expect(await limits()).toEqual({ bytes: 1024 ** 3, age: 30 * 86_400e9 });
    const wrong = await provisionAs({ EVENTS_MAX_BYTES: 'much' });
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('EVENTS_MAX_BYTES must be a size above 0 such as'),
    });
  });

  it('shows an undeclared processor, and removes it with --prune', async () => {
    await manager.consumers.add('EVENTS', {
      durable_name: 'retired',
      ack_policy: AckPolicy.Explicit,
      filter_subject: 'events.user.signed-up',
    });
    client.publish('events.user.signed-up', '{}');
    client.publish('retry.retired.due.EVENTS-1', '{}');
    await client.flush();

    const { code, stdout } = await provision();
    expect(code).toBe(0);
    expect(stdout).toContain(
      'processor retired  is on the broker (EVENTS, RETRIES), but not in the code of this checkout; 1 event and 1 retry wait for it. ' +
        '`--prune retired` removes it.\n',
    );

    const pruned = await provision('--prune');
    expect(pruned.stdout).toContain('processor retired  removed: 1 consumer; 1 retry deleted\n');
    expect(await check()).toEqual({ differences: [], retired: [] });
    expect((await manager.streams.info('RETRIES')).state.messages).toBe(0);
  });

  it('keeps an undeclared processor while a process pulls from it', async () => {
    const durable = { durable_name: 'loyalty', ack_policy: AckPolicy.Explicit };
    await manager.consumers.add('EVENTS', durable);
    const messages = await (
      await jetstream(client).consumers.get('EVENTS', 'loyalty')
    ).consume({ callback: (message) => message.ack() });

    await eventually(async () =>
      expect((await manager.consumers.info('EVENTS', 'loyalty')).num_waiting).toBeGreaterThan(0),
    );

    expect((await provision('--prune')).stdout).toContain('processor loyalty  is on');
    expect((await manager.consumers.info('EVENTS', 'loyalty')).name).toBe('loyalty');
    await messages.close();
    await manager.consumers.delete('EVENTS', 'loyalty');
  });

  it('drops waiting events only of a moved processor', async () => {
    expect(await provision('--drop-waiting')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --move PROCESSOR'),
    });
    expect((await provision('--move', 'notifier', '--drop-waiting')).code).toBe(0);
  });

  it('explains a difference that cannot be changed', async () => {
    await manager.consumers.delete('EVENTS', 'notifier');
    await manager.consumers.add('EVENTS', { durable_name: 'notifier', ack_policy: AckPolicy.None });
    const { code, stderr } = await provision();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The consumer notifier on stream EVENTS on the server is not as declared:\n[^]* {2}ack_policy: wanted "explicit", found "none"/,
    );
  });
});
