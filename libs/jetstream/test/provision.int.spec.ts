import { Consumes, InvalidDeclarationError, ProvisionError } from '@app/jetstream';
import { eventually } from '@app/testing';
import { jetstreamManager, RetentionPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { Controller, type Type } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { Transport } from './transport.js';

const processor = (
  options: { ackWait?: number; concurrency?: number } = {},
  event: Type = OrderPlaced,
): Type => {
  @Controller()
  class Provisioned {
    @Consumes(event as typeof OrderPlaced, { processor: 'provisioned', ...options })
    handle(): void {}
  }
  return Provisioned;
};

describe('streams and consumers', () => {
  let transport: Transport;
  let manager: JetStreamManager;

  beforeAll(async () => {
    transport = await Transport.start();
    manager = await jetstreamManager(transport.client);
  });
  afterEach(async () => {
    await transport.closeApplications();
    for (const name of ['EVENTS', 'RETRIES', 'FAILURES'])
      await manager.streams.delete(name).catch(() => false);
  });
  afterAll(() => transport.stop());

  it('are created at the first start as the design says', async () => {
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

  it('stay as they are at the next start, with their events and positions', async () => {
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

  it('are updated where the declaration changed', async () => {
    await transport.run({ controllers: [processor()] }, { events: { maxAge: 86_400_000 } });
    await transport.closeApplications();

    await transport.run(
      { controllers: [processor({ ackWait: 5_000 }, OrderConfirmed)] },
      { events: { maxAge: 172_800_000 } },
    );

    expect((await manager.streams.info('EVENTS')).config.max_age).toBe(172_800 * 1e9);
    expect((await manager.consumers.info('EVENTS', 'provisioned')).config).toMatchObject({
      ack_wait: 5e9,
      filter_subjects: ['events.order.confirmed', 'replay.provisioned.order.confirmed'],
    });
  });

  it('stop the start where a difference cannot be updated, saying what is wanted, what is there and what to do', async () => {
    await manager.streams.add({
      name: 'EVENTS',
      subjects: ['events.>'],
      retention: RetentionPolicy.Workqueue,
    });

    const start = transport.run({ controllers: [processor()] });

    await expect(start).rejects.toThrow(ProvisionError);
    await expect(start).rejects.toThrow(
      /stream EVENTS[\s\S]*retention: wanted "limits", found "workqueue"[\s\S]*delete it/,
    );
  });

  it('stop the start where another stream already holds the subjects', async () => {
    await manager.streams.add({ name: 'OTHERS', subjects: ['events.order.*'] });
    try {
      await expect(transport.run({ controllers: [processor()] })).rejects.toThrow(
        /stream EVENTS cannot be created.*overlap/s,
      );
    } finally {
      await manager.streams.delete('OTHERS');
    }
  });

  it('stop the start where a declaration contradicts them', async () => {
    @Controller()
    class Patient {
      @Consumes(OrderPlaced, { processor: 'patient', attempts: 3, backoff: 40_000_000 })
      handle(): void {}
    }

    const start = transport.run({ controllers: [Patient] }, { events: { maxAge: 60_000_000 } });

    await expect(start).rejects.toThrow(InvalidDeclarationError);
    await expect(start).rejects.toThrow(
      /96000000 ms for its last attempt, but events are kept for 60000000 ms/,
    );
  });

  it('are made by two processes that start together', async () => {
    await Promise.all(Array.from({ length: 4 }, () => transport.run({ controllers: [processor()] })));
    expect((await manager.streams.info('EVENTS')).state.consumer_count).toBe(1);
  });

  it('are made again when they were deleted under a running service', async () => {
    const application = await transport.run({ controllers: [processor()] });
    await manager.consumers.delete('EVENTS', 'provisioned');

    await transport.publisherOf(application).publish(new OrderPlaced({ orderId: 'after', amount: 1 }));
    await transport.stored('EVENTS', 'events.order.placed', 1);
    await eventually(
      async () => expect(await transport.backlog('provisioned')).toEqual({ inFlight: 0, waiting: 0 }),
      {
        timeout: 10_000,
      },
    );
  });
});
