import type { Broker } from '@cascade/embedded-broker';
import { startTestBroker } from '@cascade/testing';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCascade } from '../test/session.js';

const signedUp = {
  userId: '0199d0a0-7c1e-7abc-8def-0123456789ab',
  email: 'ada@example.com',
  name: 'Ada',
  locale: 'en',
  signedUpAt: '2026-11-23T04:05:06Z',
};

describe('cascade publish', () => {
  let broker: Broker;
  let client: NatsConnection;
  let manager: JetStreamManager;

  beforeAll(async () => {
    broker = await startTestBroker();
    client = await connect({ servers: broker.url });
    manager = await jetstreamManager(client);
    await manager.streams.add({ name: 'EVENTS', subjects: ['events.>', 'replay.>'] });
  });
  afterAll(async () => {
    await client.close();
    await broker.stop();
  });

  const publish = (args: string[], stdin?: string) =>
    runCascade(['publish', ...args], { env: { NATS_URL: broker.url }, ...(stdin ? { stdin } : {}) });
  const last = () => manager.streams.getMessage('EVENTS', { last_by_subj: 'events.user.signed-up' });

  it('stores the event with CloudEvents headers, and prints its ids', async () => {
    const { code, stdout } = await publish(['user.signed-up', JSON.stringify(signedUp)]);
    expect(code).toBe(0);
    const message = (await last())!;
    expect(message.json()).toEqual(signedUp);
    expect(Object.fromEntries([...message.header].map(([name, [value]]) => [name, value]))).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'user.signed-up.v1',
      'ce-source': 'cascade',
    });
    const id = message.header.get('ce-id');
    expect(stdout).toMatch(
      new RegExp(`^Published user\\.signed-up\\.v1 on events\\.user\\.signed-up\\.\n +id +${id}\n`),
    );
    expect(stdout).toContain(`node cascade flow ${id}`);
  });

  it('accepts a channel, standard input, and given ids', async () => {
    const args = ['events.user.signed-up', '-', '--id', 'mine', '--correlation-id', 'flow 17', '--json'];
    const { code, stdout } = await publish(args, JSON.stringify(signedUp));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      id: 'mine',
      correlationId: 'flow 17',
      type: 'user.signed-up.v1',
      channel: 'events.user.signed-up',
    });
    expect((await last())!.header.get('ce-correlationid')).toBe('flow%2017');
  });

  it('says that the broker dropped a second event with the same id', async () => {
    const again = (...args: string[]) =>
      publish(['user.signed-up', JSON.stringify(signedUp), '--id', 'once', ...args]);
    expect((await again()).stdout).toMatch(/^Published user\.signed-up\.v1 /);
    const before = (await manager.streams.info('EVENTS')).state.messages;
    const { code, stdout } = await again();
    expect(code).toBe(0);
    expect(stdout).toBe(
      'Nothing was published: the broker already has an event with the id once, and dropped this one.\n',
    );
    expect(JSON.parse((await again('--json')).stdout)).toMatchObject({ id: 'once', duplicate: true });
    expect((await manager.streams.info('EVENTS')).state.messages).toBe(before);
  });

  it('refuses an event that breaks its contract, with every broken rule and unknown field', async () => {
    const before = (await manager.streams.info('EVENTS')).state.messages;
    const { code, stdout, stderr } = await publish([
      'user.signed-up',
      '{"userId":"17","nam":"Ada","locale":"en"}',
    ]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^The event breaks the contract of user\.signed-up v1:\n/);
    for (const field of ['userId', 'email', 'name', 'signedUpAt', 'nam']) {
      expect(stderr).toMatch(new RegExp(`\n {2}${field} \\(\\w+\\): `));
    }
    expect((await manager.streams.info('EVENTS')).state.messages).toBe(before);
  });

  it('refuses a misspelt field', async () => {
    const { code, stderr } = await publish(['user.signed-up', JSON.stringify({ ...signedUp, fone: '+1' })]);
    expect(code).toBe(1);
    expect(stderr).toContain('fone (unknown): the contract has no such field; it has userId');
  });

  it.each(['{"userId"', '[]', 'null', '17'])('refuses %s, which is not an event', async (json) => {
    const { code, stderr } = await publish(['user.signed-up', json]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The event cannot be read: the body /);
  });

  it('suggests the most similar event', async () => {
    const { code, stderr } = await publish(['user.singed-up', '{}']);
    expect(code).toBe(2);
    expect(stderr).toBe('No event is called "user.singed-up".\nDid you mean user.signed-up?\n');
  });
});
