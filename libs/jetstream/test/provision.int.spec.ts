import { Consumes, EventContext, InvalidDeclarationError, JetStreamConnection } from '@cascade/jetstream';
import { startBroker } from '@cascade/embedded-broker';
import { eventually, recordLog, startTestBroker } from '@cascade/testing';
import { DiscardPolicy, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { OrderPlaced } from './events.js';
import { startStallingProxy } from './stalling-proxy.js';
import { useTransport } from './transport.js';

const processor = (): Type => {
  @Controller()
  class Provisioned {
    @Consumes(OrderPlaced, { processor: 'provisioned' })
    handle(): void {}
  }
  return Provisioned;
};

describe('streams and consumers', () => {
  const transport = useTransport();
  let manager: JetStreamManager;

  beforeAll(async () => {
    manager = await jetstreamManager(transport.client);
  });
  afterEach(() => transport.deleteStreams());

  it('are created at the first start with their documented settings', async () => {
    await transport.run({ controllers: [processor()] });

    expect((await manager.streams.info('EVENTS')).config).toMatchObject({
      subjects: ['events.>', 'replay.>'],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      max_bytes: 1024 ** 3,
      duplicate_window: 600 * 1e9,
    });
    expect((await manager.streams.info('FAILURES')).config).toMatchObject({
      subjects: ['failed.>', 'failure-state.>'],
      discard: 'new',
    });
    expect((await manager.streams.info('RETRIES')).config).toMatchObject({
      allow_msg_schedules: true,
      max_age: 0,
      max_bytes: -1,
    });
    expect((await manager.consumers.info('EVENTS', 'provisioned')).config).toMatchObject({
      ack_policy: 'explicit',
      deliver_policy: 'all',
      max_deliver: -1,
      ack_wait: 30 * 1e9,
      filter_subjects: ['events.order.placed', 'replay.provisioned.order.placed'],
    });
  });

  it('stay unchanged at the next start, with their events and positions', async () => {
    await transport.run({ controllers: [processor()] });
    transport.publish('events.order.placed', { orderId: 'one', amount: 1 });
    await transport.stored('EVENTS', 'events.order.placed', 1);
    await transport.closeApplications();
    const before = await manager.streams.info('EVENTS');

    await transport.run({ controllers: [processor()] });

    const after = await manager.streams.info('EVENTS');
    expect(after.created).toBe(before.created);
    expect(after.state.messages).toBe(1);
    expect(await transport.backlog('provisioned')).toEqual({ inFlight: 0, waiting: 0 });
  });

  it('stay as an operator has set them, and the log reports the differences once', async () => {
    const log = recordLog();
    await transport.run({ controllers: [processor()] });
    await manager.streams.update('EVENTS', { max_bytes: 5 * 1024 ** 3, max_age: 20 * 86_400 * 1e9 });
    await manager.consumers.update('EVENTS', 'provisioned', { ack_wait: 7e9 });
    await transport.closeApplications();

    const application = await transport.run({ controllers: [processor()] });
    const connection = await application.get(JetStreamConnection, { strict: false }).get();
    await connection.reconnect();
    await eventually(() => expect(log()).toContainEqual(expect.stringContaining('log: reconnected')));
    await transport.run({ controllers: [processor()] }, { streams: { events: { maxAge: 86_400_000 } } });

    const { config } = await manager.streams.info('EVENTS');
    expect(config).toMatchObject({ max_bytes: 5 * 1024 ** 3, max_age: 20 * 86_400 * 1e9 });
    expect((await manager.consumers.info('EVENTS', 'provisioned')).config.ack_wait).toBe(7e9);
    const warnings = log().filter((line) => line.startsWith('warn: stream EVENTS differs'));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /max_bytes is 5 GiB, declared 1 GiB; max_age is 20 days, declared 7 days\. `node cascade provision`/,
    );
  });

  it('keep an event in flight longer than the ack_wait of the server, which is shorter than declared', async () => {
    await transport.run({ controllers: [processor()] });
    await transport.closeApplications();
    await manager.consumers.update('EVENTS', 'provisioned', { ack_wait: 1e9 });
    const attempts: number[] = [];
    @Controller()
    class Slow {
      @Consumes(OrderPlaced, { processor: 'provisioned' })
      async handle(@Payload() _: OrderPlaced, @Ctx() { attempt }: EventContext): Promise<void> {
        attempts.push(attempt);
        await sleep(3_000);
      }
    }
    await transport.run({ controllers: [Slow] });

    transport.publish('events.order.placed', { orderId: 'slow', amount: 1 });
    await eventually(async () => expect(await transport.inFlight('provisioned')).toBe(1));
    await eventually(async () => expect(await transport.inFlight('provisioned')).toBe(0), {
      timeout: 10_000,
    });

    expect(attempts).toEqual([1]);
  });

  it('get additions, and lose no events', async () => {
    await manager.streams.add({
      name: 'FAILURES',
      subjects: ['failed.>', 'audit.>'],
      discard: DiscardPolicy.New,
      max_bytes: 1_000_000,
    });

    await transport.run({ controllers: [processor()] });

    const { config } = await manager.streams.info('FAILURES');
    expect([...config.subjects].sort()).toEqual(['audit.>', 'failed.>', 'failure-state.>']);
    expect(config.max_bytes).toBe(1_000_000);
  });

  it('are created again if the broker has lost them, with a warning in the log', async () => {
    const log = recordLog();
    await transport.run({ controllers: [processor()] });
    expect(log()).toContainEqual(expect.stringMatching(/^log: created stream EVENTS, stream RETRIES, /));

    await manager.streams.delete('EVENTS');

    await eventually(() =>
      expect(log()).toContainEqual(
        expect.stringMatching(/^warn: stream EVENTS was missing and has been created/),
      ),
    );
    transport.publish('events.order.placed', { orderId: 'after', amount: 1 });
    await eventually(async () =>
      expect((await manager.consumers.info('EVENTS', 'provisioned')).ack_floor.stream_seq).toBe(1),
    );
  });

  it('stop the start if another stream already has the subjects', async () => {
    await manager.streams.add({ name: 'OTHERS', subjects: ['events.order.*'] });
    try {
      await expect(transport.run({ controllers: [processor()] })).rejects.toThrow(
        /stream EVENTS cannot be created.*overlap/s,
      );
    } finally {
      await manager.streams.delete('OTHERS');
    }
  });

  it('stop the start if a declaration contradicts them', async () => {
    @Controller()
    class Patient {
      @Consumes(OrderPlaced, { processor: 'patient', attempts: 3, backoff: 40_000_000 })
      handle(): void {}
    }

    const start = transport.run({ controllers: [Patient] }, { streams: { events: { maxAge: 60_000_000 } } });

    await expect(start).rejects.toThrow(InvalidDeclarationError);
    await expect(start).rejects.toThrow(
      /96000000 ms for its last attempt, but events are kept for 60000000 ms/,
    );
  });

  it('are waited for while the broker does not answer, and the start continues as soon as the broker answers', async () => {
    const log = recordLog();
    const proxy = await startStallingProxy(transport.broker.port);
    const stalled = proxy.stallBehind(/STREAM\.INFO\.EVENTS/);

    const started = transport.run({ controllers: [processor()] }, { servers: proxy.url });
    await stalled;
    await eventually(() =>
      expect(log()).toContainEqual(
        expect.stringMatching(
          /^warn: The broker at .* gave no answer when it was asked to show stream EVENTS \(timeout\)\./,
        ),
      ),
    );
    proxy.goOn();

    await started;
    await transport.closeApplications();
    await proxy.stop();
  });

  it('are waited for if the broker disappears just before the start requests them', async () => {
    const log = recordLog();
    const broker = await startTestBroker();
    const starting = await transport.make({ controllers: [processor()] }, { servers: broker.url });
    const connection = await starting.get(JetStreamConnection, { strict: false }).get();
    await broker.kill();
    await eventually(() => expect(connection.info).toBeUndefined());
    const comeBack = async () => {
      const awaited = /^warn: The broker at .* gave no answer when it was asked for its version/;
      await eventually(() => expect(log()).toContainEqual(expect.stringMatching(awaited)));
      return startBroker({ storeDir: broker.storeDir, port: broker.port });
    };

    const [again] = await Promise.all([comeBack(), starting.listen()]);

    await transport.closeApplications();
    await again.stop();
    await broker.stop();
  });

  it('are created by two processes that start together', async () => {
    await Promise.all(Array.from({ length: 4 }, () => transport.run({ controllers: [processor()] })));
    expect((await manager.streams.info('EVENTS')).state.consumer_count).toBe(1);
  });

  it('are created again if they were deleted under a running service', async () => {
    const application = await transport.run({ controllers: [processor()] });
    await manager.consumers.delete('EVENTS', 'provisioned');

    await transport.publisherOf(application).publish(new OrderPlaced({ orderId: 'after', amount: 1 }));
    await transport.stored('EVENTS', 'events.order.placed', 1);
    await transport.settled('provisioned', 10_000);
  });
});
