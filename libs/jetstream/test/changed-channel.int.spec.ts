import {
  Consumes,
  EventContext,
  JetStreamStrategy,
  ProvisionError,
  type ProvisionOptions,
} from '@cascade/jetstream';
import { eventually, recordLog } from '@cascade/testing';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Controller, type INestMicroservice, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

/**
 * Returns a version of the processor `clerk`. The old version consumes `order.placed`, and the new version consumes
 * `order.confirmed`.
 */
const version = (event: Type, handled: string[]): Type => {
  @Controller()
  class Clerk {
    @Consumes(event as typeof OrderPlaced, { processor: 'clerk' })
    handle(@Payload() { orderId }: { orderId: string }, @Ctx() { attempt }: EventContext): void {
      handled.push(attempt === 1 ? orderId : `${orderId} again`);
    }
  }
  return Clerk;
};

describe('a processor that consumes another channel under its old name', () => {
  const transport = useTransport();
  let manager: JetStreamManager;

  beforeAll(async () => {
    manager = await jetstreamManager(transport.client);
  });
  afterEach(() => transport.deleteStreams());

  const move = (event: Type, options: ProvisionOptions = {}) =>
    transport.operate([version(event, [])], (operator) => operator.apply({ move: ['clerk'], ...options }));
  const ready = (application: INestMicroservice) =>
    application.get(JetStreamStrategy, { strict: false }).ready();
  const filters = async () => (await manager.consumers.info('EVENTS', 'clerk')).config.filter_subjects;

  it('is refused, and unread events stay', async () => {
    await transport.run({ controllers: [version(OrderPlaced, [])] });
    await transport.closeApplications();
    transport.publish('events.order.placed', { orderId: 'waiting', amount: 1 });
    await transport.stored('EVENTS', 'events.order.placed', 1);

    const start = transport.run({ controllers: [version(OrderConfirmed, [])] });

    await expect(start).rejects.toThrow(ProvisionError);
    await expect(start).rejects.toThrow(
      /'clerk' now consumes another channel: it declares events\.order\.confirmed, but .* reads events\.order\.placed\./,
    );
    await expect(start).rejects.toThrow(/new name; or .*`node cascade provision --move clerk`/);
    expect(await transport.backlog('clerk')).toEqual({ inFlight: 0, waiting: 1 });
  });

  it('is moved by an operator only if no events of the old channel wait, or if waiting events may be lost; streams keep their size', async () => {
    await transport.run({ controllers: [version(OrderPlaced, [])] });
    await transport.closeApplications();
    transport.publish('events.order.placed', { orderId: 'waiting', amount: 1 });
    await transport.stored('EVENTS', 'events.order.placed', 1);
    await manager.streams.update('EVENTS', { max_bytes: 20 * 1024 ** 3 });

    await expect(move(OrderConfirmed)).rejects.toThrow(
      /1 event of events\.order\.placed waits for clerk.*--drop-waiting/,
    );
    expect(await filters()).toContain('events.order.placed');

    await move(OrderConfirmed, { dropWaiting: true });
    expect(await filters()).toEqual(['events.order.confirmed', 'replay.clerk.order.confirmed']);
    expect((await manager.streams.info('EVENTS')).config.max_bytes).toBe(20 * 1024 ** 3);
  });

  it('reads the new channel from its first event after the move; replicas of the old version stop, and dead-letter nothing', async () => {
    const [old, fresh]: [string[], string[]] = [[], []];
    const former = await transport.run({ controllers: [version(OrderPlaced, old)] });
    transport.publish('events.order.confirmed', { orderId: 'before' });
    await transport.stored('EVENTS', 'events.order.confirmed', 1);

    await move(OrderConfirmed);
    await eventually(() => expect(ready(former)).rejects.toThrow(/'clerk' now consumes another channel/), {
      timeout: 10_000,
    });
    await transport.run({ controllers: [version(OrderConfirmed, fresh)] });
    transport.publish('events.order.confirmed', { orderId: 'after' });

    await eventually(() => expect(fresh).toEqual(['before', 'after']), { timeout: 10_000 });
    expect(old).toEqual([]);
    expect(await transport.read('FAILURES', 'failed.>')).toEqual([]);
  });

  it('resumes pulling after its consumer was moved back', async () => {
    const handled: string[] = [];
    const application = await transport.run(
      { controllers: [version(OrderPlaced, handled)] },
      { recheckDelay: 100 },
    );
    await move(OrderConfirmed, { move: ['clerk'] });
    await eventually(() => expect(ready(application)).rejects.toThrow(/now consumes another channel/));

    await move(OrderPlaced, { move: ['clerk'] });
    transport.publish('events.order.placed', { orderId: 'back', amount: 1 });

    await eventually(() => expect(handled).toEqual(['back']));
    await expect(ready(application)).resolves.toBeUndefined();
  });

  describe('if services do not provision', () => {
    const orders = Array.from({ length: 20 }, (_, number) => `order-${number}`);
    /** Lets the old version create the consumer, and stores events that wait for the consumer. */
    const leaveWaiting = async () => {
      await transport.run({ controllers: [version(OrderPlaced, [])] });
      await transport.closeApplications();
      for (const orderId of orders) transport.publish('events.order.placed', { orderId, amount: 1 });
      await transport.stored('EVENTS', 'events.order.placed', orders.length);
    };
    const runNew = (handled: string[], recheckDelay?: number) =>
      transport.run(
        { controllers: [version(OrderConfirmed, handled)] },
        { provision: false, ...(recheckDelay ? { recheckDelay } : {}) },
      );

    it('stops at the first event, which the old version then handles with all other events', async () => {
      const [handled, fresh]: [string[], string[]] = [[], []];
      await leaveWaiting();

      const application = await runNew(fresh);
      await eventually(() =>
        expect(ready(application)).rejects.toThrow(
          /'clerk' now consumes another channel: it declares events\.order\.confirmed, but .* reads events\.order\.placed\./,
        ),
      );
      expect(await transport.backlog('clerk')).toEqual({ inFlight: 1, waiting: orders.length - 1 });
      await transport.closeApplications();

      await transport.run({ controllers: [version(OrderPlaced, handled)] }, { provision: false });
      await eventually(() => expect(handled).toHaveLength(orders.length));
      expect(handled.sort()).toEqual(['order-0 again', ...orders.slice(1)].sort());
      expect(fresh).toEqual([]);
      expect(await transport.read('FAILURES', 'failed.>')).toEqual([]);
    });

    it('logs the conflict once, keeps trying, and resumes after its consumer was moved', async () => {
      const log = recordLog();
      const fresh: string[] = [];
      await leaveWaiting();
      transport.publish('events.order.confirmed', { orderId: 'new' });
      await transport.stored('EVENTS', 'events.order.confirmed', 1);

      const application = await runNew(fresh, 1_000);
      await eventually(async () =>
        expect(
          (await manager.consumers.info('EVENTS', 'clerk')).delivered.consumer_seq,
        ).toBeGreaterThanOrEqual(3),
      );
      await expect(ready(application)).rejects.toThrow(/now consumes another channel/);
      await move(OrderConfirmed, { dropWaiting: true });

      await eventually(() => expect(fresh).toEqual(['new']));
      await eventually(() => expect(ready(application)).resolves.toBeUndefined());
      expect(log().filter((line) => line.includes('now consumes another channel'))).toHaveLength(1);
      expect(log().filter((line) => line.startsWith('warn: '))).toEqual([]);
    });
  });
});
