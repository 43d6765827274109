import { startBroker, type Broker } from '@cascade/embedded-broker';
import { eventually, startTestBroker } from '@cascade/testing';
import { DiscardPolicy, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  JetStreamConnection,
  PublishDeniedError,
  PublishRefusedError,
  PublishTimeoutError,
} from '@cascade/jetstream';
import { OutgoingHeaders } from '../src/wire/outgoing-headers.js';
import type { OutgoingMessage } from '../src/wire/outgoing-message.js';
import { isPlainPubAck } from '../src/client/fast/plain-pub-ack.js';
import { isDuplicate, parseAnswer } from '../src/client/publish-answer.js';
import type { PublishPipeline } from '../src/client/publish-pipeline.js';
import { readStream } from '../src/client/stream-reader.js';

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const messageOf = (number: number, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  subject: 'stored.message',
  body: Buffer.from(String(number)),
  headers: new OutgoingHeaders(),
  id: `message-${number}`,
  ...more,
});

describe('the publish pipeline', () => {
  let broker: Broker;
  let client: NatsConnection;
  let manager: JetStreamManager;
  const brokers: Broker[] = [];
  const connections: JetStreamConnection[] = [];

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(async () => {
    broker = await startTestBroker({
      settings: {
        authorization: {
          users: [
            { user: 'admin', password: 'x' },
            {
              user: 'writer',
              password: 'x',
              permissions: { publish: ['$JS.>'], subscribe: ['_INBOX_spec.>'] },
            },
            { user: 'deaf', password: 'x', permissions: { publish: ['>'], subscribe: ['$JS.>'] } },
          ],
        },
        no_auth_user: 'admin',
      },
    });
    client = await connect({ servers: broker.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    manager = await jetstreamManager(client);
    await manager.streams.add({ name: 'STORED', subjects: ['stored.>'], max_msg_size: 2_000 });
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    await client.close();
    for (const started of brokers.splice(0)) await started.stop();
    await broker.stop();
  });

  const pipelineOf = (user?: string, publishWindow?: number): Promise<PublishPipeline> => {
    const servers = user ? `nats://${user}:x@127.0.0.1:${broker.port}` : broker.url;
    const connection = new JetStreamConnection({
      source: 'spec',
      servers,
      ...(publishWindow ? { publishWindow } : {}),
    });
    connections.push(connection);
    return connection.pipeline();
  };
  const stored = async (): Promise<number[]> => {
    const messages: number[] = [];
    const all = readStream(client, { stream: 'STORED', subjects: ['stored.>'] });
    for await (const message of all) messages.push(Number(message.string()));
    return messages;
  };

  it('confirms all messages in the order in which they were published, and stores each id once', async () => {
    const pipeline = await pipelineOf();
    const acks = await Promise.all(numbers(500).map((number) => pipeline.publish(messageOf(number))));
    expect(acks.map(({ seq }) => seq)).toEqual(numbers(500).map((number) => number + 1));
    expect(await pipeline.publish(messageOf(7))).toMatchObject({ duplicate: true, seq: 8 });
    expect(await stored()).toEqual(numbers(500));
  });

  it('reads the PubAcks of a server without parsing them, as JSON.parse reads them', async () => {
    const pipeline = await pipelineOf();
    const pubAckOf = (number: number) =>
      new Promise<string>((confirm, giveUp) => pipeline.begin(messageOf(number), {}, { confirm, giveUp }));
    const pubAcks = [await pubAckOf(1), await pubAckOf(2), await pubAckOf(1)];
    expect(pubAcks.map(isPlainPubAck)).toEqual([true, true, true]);
    expect(pubAcks.map(parseAnswer)).toEqual(['confirmed', 'confirmed', 'confirmed']);
    expect(pubAcks.map((text) => JSON.parse(text) as unknown)).toEqual([
      { stream: 'STORED', seq: 1 },
      { stream: 'STORED', seq: 2 },
      { stream: 'STORED', seq: 1, duplicate: true },
    ]);
    expect(pubAcks.map(isDuplicate)).toEqual([false, false, true]);
  });

  it('has at most as many messages in flight as its window, and publishes the rest afterwards', async () => {
    const pipeline = await pipelineOf(undefined, 10);
    await manager.streams.delete('STORED');
    const publishing = Promise.all(numbers(100).map((number) => pipeline.publish(messageOf(number))));
    const sent: string[] = [];
    client.subscribe('stored.>', { callback: (_error, message) => void sent.push(message.string()) });
    await client.flush();
    // Without a stream, the first ten messages are sent repeatedly.
    await eventually(() => expect(sent.length).toBeGreaterThan(10));
    expect(new Set(sent).size).toBe(10);

    await manager.streams.add({ name: 'STORED', subjects: ['stored.>'] });
    await publishing;
    expect((await stored()).sort((a, b) => a - b)).toEqual(numbers(100));
  });

  it('resends messages in flight after the broker was killed, and stores each message once', async () => {
    const pipeline = await pipelineOf();
    const publishing = Promise.all(numbers(3_000).map((number) => pipeline.publish(messageOf(number))));
    await broker.kill();
    const later = Promise.all(numbers(100).map((number) => pipeline.publish(messageOf(3_000 + number))));
    brokers.push(await startBroker({ storeDir: broker.storeDir, port: broker.port }));
    await Promise.all([publishing, later]);
    expect((await stored()).sort((a, b) => a - b)).toEqual(numbers(3_100));
  });

  it('gives up at its timeout, and soon after its signal aborts', async () => {
    const pipeline = await pipelineOf();
    await broker.kill();
    const stopping = new AbortController();
    const begun = Date.now();
    const late = pipeline.publish(messageOf(1), { timeout: 300 });
    const stopped = pipeline.publish(messageOf(2), { signal: stopping.signal });
    stopping.abort();
    await expect(stopped).rejects.toThrow(PublishTimeoutError);
    await expect(late).rejects.toThrow(/message-1 on stored\.message in time.*same id/);
    expect(Date.now() - begun).toBeLessThan(1_500);
  });

  it.each([
    ['forwards', 3_600_000],
    ['back', -3_600_000],
  ])('gives up neither sooner nor later if the clock steps %s', async (_where, step) => {
    const pipeline = await pipelineOf();
    await manager.streams.delete('STORED');
    const begun = performance.now();
    const late = pipeline.publish(messageOf(1), { timeout: 600 });
    const time = Date.now.bind(Date);
    const stepped = jest.spyOn(Date, 'now').mockImplementation(() => time() + step);
    try {
      // Without this sleep, a wrong clock would show only as a timeout of the test.
      await expect(Promise.race([late, sleep(5_000, undefined, { ref: false })])).rejects.toThrow(
        PublishTimeoutError,
      );
      expect(performance.now() - begun).toBeGreaterThanOrEqual(600);
    } finally {
      stepped.mockRestore();
    }
  });

  it('gives up a refused message immediately, with the error code of the server', async () => {
    const pipeline = await pipelineOf();
    await pipeline.publish(messageOf(1));
    const overtaken = pipeline.publish(messageOf(2, { expectedSequence: 0 }));
    await expect(overtaken).rejects.toThrow(PublishRefusedError);
    await expect(overtaken).rejects.toMatchObject({ cause: { code: 10071 } });
    const large = pipeline.publish(messageOf(3, { body: Buffer.alloc(5_000) }));
    await expect(large).rejects.toMatchObject({ cause: { code: 10054 } });
    const broken = pipeline.publish(messageOf(4, { id: 'two\r\nlines' }));
    await expect(broken).rejects.toThrow(PublishRefusedError);
    expect(await stored()).toEqual([1]);
  });

  it('stores a message that is published twice with the same headers', async () => {
    const pipeline = await pipelineOf();
    const message = messageOf(1, { expectedSequence: 0 });
    message.headers.add('name', 'value');
    await pipeline.publish(message);
    await manager.streams.purge('STORED');
    await manager.streams.update('STORED', { duplicate_window: 0 });
    await pipeline.publish({ ...message, id: 'again' });
    const again = await manager.streams.getMessage('STORED', { last_by_subj: 'stored.message' });
    expect([...again!.header]).toEqual([
      ['name', ['value']],
      ['Nats-Msg-Id', ['again']],
      ['Nats-Expected-Last-Subject-Sequence', ['0']],
    ]);
  });

  it('does not accept the answer of a stranger as a confirmation', async () => {
    const pipeline = await pipelineOf();
    await manager.streams.delete('STORED');
    const answers = ['no JSON', 'null', '{}', '{"stream":"STORED"}', '"stored"'];
    let answered = 0;
    const stranger = client.subscribe('stored.>', {
      callback: (_error, message) => void message.respond(answers[answered++ % answers.length]),
    });
    await client.flush();
    const published = answers.map((_, number) => pipeline.publish(messageOf(number)));
    await eventually(() => expect(answered).toBeGreaterThanOrEqual(answers.length));
    expect(await Promise.race([...published, client.flush()])).toBeUndefined();

    stranger.unsubscribe();
    await manager.streams.add({ name: 'STORED', subjects: ['stored.>'] });
    await Promise.all(published);
    expect((await stored()).sort()).toEqual(numbers(answers.length));
  });

  it('retries after a temporary refusal, such as the refusal of a full stream', async () => {
    const pipeline = await pipelineOf();
    await manager.streams.update('STORED', { max_msgs: 2, discard: DiscardPolicy.New });
    const publishing = Promise.all(numbers(5).map((number) => pipeline.publish(messageOf(number))));
    await eventually(async () => expect(await stored()).toHaveLength(2));
    await manager.streams.update('STORED', { max_msgs: 10 });
    await publishing;
    expect((await stored()).sort()).toEqual(numbers(5));
  });

  it.each([
    ['publish', 'writer'],
    ['read the confirmations', 'deaf'],
  ])('reports that the right to %s is missing', async (_right, user) => {
    const pipeline = await pipelineOf(user);
    const publishing = numbers(3).map((number) => pipeline.publish(messageOf(number)));
    for (const denied of publishing) await expect(denied).rejects.toThrow(PublishDeniedError);
  });
});
