import { eventually, startTestBroker, TestCluster } from '@cascade/testing';
import type { Broker } from '@cascade/embedded-broker';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Finding } from '../doctor/finding.js';
import { runCascade } from '../test/session.js';
import type { BrokerRoom } from './room.js';

const MIB = 1_024 ** 2;

/** Returns functions that run commands against a broker. */
function commandsOn(natsUrl: () => string) {
  const run = (...args: string[]) => runCascade(args, { env: { NATS_URL: natsUrl(), PATH: '' } });
  return {
    run,
    room: async () => JSON.parse((await run('lag', '--json')).stdout) as BrokerRoom,
    doctor: async (about: string) => {
      const { findings } = JSON.parse((await run('doctor', '--json')).stdout) as { findings: Finding[] };
      return findings.filter((finding) => finding.about === about);
    },
  };
}

describe('lag and doctor on a broker with limits', () => {
  let broker: Broker;
  let client: NatsConnection;
  let manager: JetStreamManager;
  const { run, room, doctor } = commandsOn(() => broker.url);

  beforeAll(async () => {
    const users = [{ user: 'team', password: 'x' }];
    const accounts = { TEAM: { jetstream: { max_file: 2_048 * MIB }, users } };
    broker = await startTestBroker({ settings: { accounts, no_auth_user: 'team' } });
    client = await connect({ servers: broker.url });
    manager = await jetstreamManager(client);
    await run('provision');
    await manager.streams.update('EVENTS', { max_bytes: MIB });
  });
  afterAll(async () => {
    await client.close();
    await broker.stop();
  });

  /**
   * Publishes events of 1 KiB.
   *
   * @returns true if all events were stored
   */
  const publish = async (count: number): Promise<boolean> => {
    for (let number = 0; number < count; number++) {
      const published = jetstream(client).publish('events.order.placed', Buffer.alloc(1_024 - 60));
      if (await published.catch(() => true).then((refused) => refused === true)) return false;
    }
    return true;
  };

  it('show how full each stream and the account are; RETRIES has no limit', async () => {
    await publish(300);
    const { streams, account } = await room();
    expect(streams).toMatchObject([
      { of: 'EVENTS', messages: 300, limit: MIB, hasLeader: true },
      { of: 'RETRIES', messages: 0, bytes: 0 },
      { of: 'FAILURES', messages: 0, bytes: 0, limit: 256 * MIB, percent: 0 },
    ]);
    expect(streams[0]!.percent).toBe(Math.floor((streams[0]!.bytes / MIB) * 100));
    expect(streams[1]!.limit).toBeUndefined();
    expect(account).toMatchObject([{ of: 'account', limit: 2_048 * MIB, percent: 0 }]);

    const { stdout } = await run('lag');
    expect(stdout).toMatch(/\n\nstream +messages +stored +of +full\nEVENTS +300 +\d+ KiB +1 MiB +2\d %\n/);
    expect(stdout).toMatch(
      /\nRETRIES +0 +0 B +- +-\nFAILURES +0 +0 B +256 MiB +0 %\naccount +- +\d+ KiB +2 GiB +0 %\n$/,
    );
    expect(await doctor('room')).toEqual([
      {
        about: 'room',
        level: 'ok',
        says: expect.stringMatching(/^EVENTS has \d+ KiB of 1 MiB, RETRIES has 0 B, /),
      },
    ]);
  });

  it('warn from 80 %, and say how to get more space', async () => {
    await publish(560);
    expect((await run('lag')).stdout).toMatch(
      /\nEVENTS is 8\d % full: publishes wait when it is full; raise EVENTS_MAX_BYTES and call `node cascade provision`, or /,
    );
    expect(await doctor('room')).toEqual([
      {
        about: 'room',
        level: 'note',
        says: expect.stringMatching(/^EVENTS has \d+ KiB of 1 MiB, which is 8\d %;/),
      },
    ]);
  });

  it('report a stream as full if it refuses events', async () => {
    expect(await publish(1_000)).toBe(false);
    expect((await room()).streams[0]).toMatchObject({ of: 'EVENTS', percent: 100 });
    expect((await run('lag')).stdout).toMatch(
      /\nEVENTS +\d+ +\S+ [KM]iB +1 MiB +100 %\n(.|\n)*\nEVENTS is full: publishes wait; /,
    );
    expect(await doctor('room')).toEqual([
      {
        about: 'room',
        level: 'fault',
        says: expect.stringMatching(/^EVENTS has .* and is full: publishes wait$/),
        remedy: expect.stringContaining('raise EVENTS_MAX_BYTES'),
      },
    ]);
    const { messages } = (await manager.streams.info('EVENTS')).state;
    await manager.streams.update('EVENTS', { max_bytes: 10 * MIB, max_msgs: messages });
    expect((await room()).streams[0]).toMatchObject({ percent: 100 });
    await manager.streams.update('EVENTS', { max_msgs: -1 });
    expect((await room()).streams[0]).toMatchObject({ percent: 9 });
  });
});

describe('lag and doctor on a broker whose account is at its limit', () => {
  let broker: Broker;
  let client: NatsConnection;
  const { room, doctor } = commandsOn(() => broker.url);

  beforeAll(async () => {
    const accounts = { TEAM: { jetstream: { max_file: MIB }, users: [{ user: 'team', password: 'x' }] } };
    broker = await startTestBroker({ settings: { accounts, no_auth_user: 'team' } });
    client = await connect({ servers: broker.url });
    const { streams } = await jetstreamManager(client);
    await streams.add({ name: 'EVENTS', subjects: ['events.>'] });
    await streams.add({ name: 'RETRIES', subjects: ['retry.>'] });
    await streams.add({ name: 'FAILURES', subjects: ['failed.>'] });
  });
  afterAll(async () => {
    await client.close();
    await broker.stop();
  });

  it('report it', async () => {
    const publish = () => jetstream(client).publish('events.order.placed', Buffer.alloc(10_000));
    const fill = async () => {
      for (;;) await publish();
    };
    await expect(fill()).rejects.toThrow('resource limits exceeded for account');
    for (;;) {
      const refused = await jetstream(client)
        .publish('retry.x', '')
        .then(() => false)
        .catch(() => true);
      if (refused) break;
    }
    expect((await room()).account).toMatchObject([{ of: 'account', limit: MIB, percent: 100 }]);
    expect(await doctor('room')).toEqual([
      {
        about: 'room',
        level: 'fault',
        says: 'account has 1 MiB of 1 MiB and is full: publishes wait',
        remedy: 'raise the limit of the account at the broker, or remove other data from its streams',
      },
    ]);
  });
});

describe('lag and doctor on a cluster that has lost its quorum', () => {
  let cluster: TestCluster;
  const { run, doctor } = commandsOn(() => cluster.servers.join());

  beforeAll(async () => {
    cluster = await TestCluster.start();
    const client = await connect({ servers: cluster.servers });
    const { streams } = await jetstreamManager(client);
    for (const [name, subject] of Object.entries({
      EVENTS: 'events.>',
      RETRIES: 'retry.>',
      FAILURES: 'failed.>',
    }))
      await streams.add({ name, subjects: [subject], num_replicas: 3 });
    await client.close();
    for (const index of [0, 1]) await cluster.kill(index);
  }, 60_000);
  afterAll(() => cluster?.stop());

  it('report it', async () => {
    // The remaining server needs several seconds to notice that it is alone.
    await eventually(async () => expect(await doctor('streams')).toHaveLength(3), { timeout: 30_000 });
    expect(await doctor('streams')).toEqual(
      ['EVENTS', 'RETRIES', 'FAILURES'].map((stream) => ({
        about: 'streams',
        level: 'fault',
        says: `${stream} has no leader: publishes wait, and nothing is delivered`,
        remedy: expect.stringContaining('start the servers of the cluster that are down'),
      })),
    );
    expect(await run('lag')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^JetStream has no leader: most servers of the cluster are down\.\n/),
    });
  }, 60_000);
});
