import type { Broker } from '@cascade/embedded-broker';
import { startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { lastSequence, readStream } from './stream-reader.js';

describe('reading a stream', () => {
  let broker: Broker;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  const selection = { stream: 'SPEC', subjects: ['spec.wanted'] };

  beforeAll(async () => {
    broker = await startTestBroker();
    connection = await connect({ servers: broker.url });
    manager = await jetstreamManager(connection);
  });
  beforeEach(async () => {
    await manager.streams.delete('SPEC').catch(() => undefined);
    await manager.streams.add({ name: 'SPEC', subjects: ['spec.*'] });
  });
  afterAll(async () => {
    await connection.close();
    await broker.stop();
  });

  async function store(count: number, subject = 'spec.wanted'): Promise<void> {
    for (let number = 1; number < count; number++) connection.publish(subject);
    await jetstream(connection).publish(subject);
  }
  const consumers = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const { name } of manager.consumers.list('SPEC')) names.push(name);
    return names;
  };

  it('yields each message once and in order, over many batches', async () => {
    await store(1_100);
    await store(5, 'spec.other');
    const read: number[] = [];
    for await (const { seq } of readStream(connection, selection)) read.push(seq);
    expect(read).toEqual(Array.from({ length: 1_100 }, (_, index) => index + 1));
  });

  it('yields no message for an empty selection', async () => {
    for await (const message of readStream(connection, selection)) throw new Error(message.subject);
    expect(await lastSequence(connection, 'SPEC')).toBe(0);
  });

  it('continues after the server has removed the consumer of a slow reader', async () => {
    await store(1_100);
    const read: number[] = [];
    for await (const { seq } of readStream(connection, selection)) {
      if (seq % 250 === 1) for (const name of await consumers()) await manager.consumers.delete('SPEC', name);
      read.push(seq);
    }
    expect(read).toHaveLength(1_100);
  });

  it('leaves out messages that are stored or removed while it reads', async () => {
    await store(600);
    const read: number[] = [];
    for await (const { seq } of readStream(connection, selection)) {
      if (seq === 1) {
        await store(10);
        await manager.streams.purge('SPEC', { seq: 551 });
      }
      read.push(seq);
    }
    expect(read).toEqual([
      ...Array.from({ length: 500 }, (_, index) => index + 1),
      ...Array.from({ length: 50 }, (_, index) => index + 551),
    ]);
  });

  it('ends at a given sequence', async () => {
    await store(8);
    const read: number[] = [];
    for await (const { seq } of readStream(connection, { ...selection, upTo: 3 })) read.push(seq);
    expect(read).toEqual([1, 2, 3]);
  });

  describe('since a time', () => {
    const stored: { seq: number; time: number; subject: string }[] = [];
    const both = ['spec.wanted', 'spec.late'];

    /** Stores one message, and waits for the next millisecond. */
    async function storeApart(subject: string): Promise<void> {
      const { seq } = await jetstream(connection).publish(subject);
      const { time } = (await manager.streams.getMessage('SPEC', { seq }))!;
      stored.push({ seq, time: time.getTime(), subject });
      while (Date.now() <= time.getTime()) await new Promise(setImmediate);
    }
    const remove = async (seq: number): Promise<void> => {
      await manager.streams.deleteMessage('SPEC', seq);
      stored.splice(
        stored.findIndex((message) => message.seq === seq),
        1,
      );
    };
    const readSince = async (subjects: string[], since: Date): Promise<number[]> => {
      const read: number[] = [];
      for await (const { seq } of readStream(connection, { stream: 'SPEC', subjects, since })) read.push(seq);
      return read;
    };
    /**
     * Compares reads with the stored messages. The reads start just before, at and just after each message, and at distant times.
     */
    async function expectToReadAll(): Promise<void> {
      const edges = stored.flatMap(({ time }) => [time - 1, time, time + 1]);
      for (const since of [0, ...edges, Date.now() + 86_400_000]) {
        for (const subjects of [both, ...both.map((subject) => [subject])]) {
          const expected = stored.filter(({ time, subject }) => time >= since && subjects.includes(subject));
          expect({ since, subjects, read: await readSince(subjects, new Date(since)) }).toEqual({
            since,
            subjects,
            read: expected.map(({ seq }) => seq),
          });
        }
      }
    }

    beforeEach(() => void stored.splice(0));

    it('leaves out no message of several subjects if one subject begins later', async () => {
      for (let number = 1; number <= 6; number++) await storeApart('spec.wanted');
      await storeApart('spec.late');
      await storeApart('spec.wanted');
      await expectToReadAll();
    });

    it('begins at the next message if the message of that time was removed, even at both ends of the stream', async () => {
      for (let number = 1; number <= 6; number++) await storeApart('spec.wanted');
      await storeApart('spec.late');
      for (const seq of [1, 3, 4, 7]) await remove(seq);
      await expectToReadAll();
    });

    it('yields no message of a stream that never had messages or was purged', async () => {
      expect(await readSince(both, new Date(0))).toEqual([]);
      await storeApart('spec.wanted');
      await manager.streams.purge('SPEC');
      expect(await readSince(both, new Date(0))).toEqual([]);
      expect(await readSince(both, new Date())).toEqual([]);
    });
  });

  it('leaves no consumer behind, even if its caller stops early', async () => {
    await store(10);
    for await (const _ of readStream(connection, selection)) break;
    expect(await consumers()).toEqual([]);
  });
});
