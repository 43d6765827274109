import {
  Consumes,
  EventContext,
  InvalidDeclarationError,
  Pauses,
  ProcessorPaused,
  ProcessorResumed,
} from '@app/jetstream';
import { eventually } from '@app/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { Transport } from './transport.js';

describe('a processor that fails on nearly everything', () => {
  let transport: Transport;

  beforeAll(async () => {
    transport = await Transport.start();
  });
  afterEach(() => transport.closeApplications());
  afterAll(() => transport.stop());

  const place = (prefix: string, count: number) => {
    for (let number = 0; number < count; number++) {
      transport.publish('events.order.placed', { orderId: `${prefix}-${number}`, amount: 1 });
    }
  };

  it('pauses, says so, uses up no attempts, and goes on by itself with everything', async () => {
    let down = true;
    const attempts: number[] = [];
    const done = new Set<string>();
    @Controller()
    class Outage {
      @Consumes(OrderPlaced, {
        processor: 'outage',
        concurrency: 8,
        attempts: 3,
        backoff: 50,
        pause: { failures: 5, firstProbe: 50, maxProbe: 100 },
      })
      send(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
        attempts.push(context.attempt);
        if (down) throw new Error('provider is down');
        done.add(event.orderId);
      }
    }
    const application = await transport.run({ controllers: [Outage] });
    const pauses = application.get(Pauses, { strict: false });
    await pauses.ready();
    place('outage', 60);

    const [paused] = await transport.stored('EVENTS', 'events.processor.paused', 1);
    expect(paused!.json<ProcessorPaused>()).toMatchObject({
      processor: 'outage',
      error: { name: 'Error', message: 'provider is down' },
    });
    await expect(pauses.ready()).rejects.toThrow(/outage is paused since/);
    const { presence, pausedAt } = paused!.json<ProcessorPaused>();
    const isPresent = () =>
      transport.client.request(presence!, '', { timeout: 300 }).then(
        () => true,
        (error: Error) => !/no responders/.test(error.message),
      );
    expect(await isPresent()).toBe(true);
    // Probes go on failing for a while: enough of them to use up the attempts of every event, if they counted.
    const before = attempts.length;
    await eventually(() => expect(attempts.length).toBeGreaterThan(before + 10));
    expect(done.size).toBe(0);

    down = false;
    await eventually(() => expect(done.size).toBe(60), { timeout: 10_000 });
    const [resumed] = await transport.stored('EVENTS', 'events.processor.resumed', 1);
    expect(resumed!.json<ProcessorResumed>()).toMatchObject({ processor: 'outage', pausedAt });
    expect(await isPresent()).toBe(false);
    await pauses.ready();
    expect(await transport.read('FAILURES', 'failed.outage.>')).toEqual([]);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(3);
    await eventually(async () => {
      expect(await transport.backlog('outage')).toEqual({ inFlight: 0, waiting: 0 });
      expect(await transport.read('RETRIES', 'retry.outage.>')).toEqual([]);
    });
  });

  it('stops in the middle of a pause without losing or wasting anything', async () => {
    let down = true;
    const attempts: number[] = [];
    const done = new Set<string>();
    @Controller()
    class Interrupted {
      @Consumes(OrderPlaced, {
        processor: 'interrupted',
        concurrency: 8,
        attempts: 2,
        backoff: 50,
        pause: { failures: 3, firstProbe: 60_000, maxProbe: 60_000 },
      })
      send(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
        if (!event.orderId.startsWith('int')) return;
        attempts.push(context.attempt);
        if (down) throw new Error('provider is down');
        done.add(event.orderId);
      }
    }
    const application = await transport.run({ controllers: [Interrupted] });
    const pauses = application.get(Pauses, { strict: false });
    place('int', 40);
    await eventually(() => expect(pauses.ready()).rejects.toThrow(/paused/));
    await transport.closeApplications();

    down = false;
    await transport.run({ controllers: [Interrupted] });
    await eventually(() => expect(done.size).toBe(40), { timeout: 10_000 });
    expect(await transport.read('FAILURES', 'failed.interrupted.>')).toEqual([]);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
  });

  it('does not pause where that is turned off', async () => {
    @Controller()
    class Stubborn {
      @Consumes(OrderPlaced, { processor: 'stubborn', attempts: 1, pause: false })
      send(@Payload() event: OrderPlaced): void {
        if (event.orderId.startsWith('stubborn')) throw new Error('always');
      }
    }
    await transport.run({ controllers: [Stubborn] });
    place('stubborn', 30);
    expect(await transport.stored('FAILURES', 'failed.stubborn.order.placed', 30)).toHaveLength(30);
  });

  it('goes on with the good events when the ones that paused it fail by themselves', async () => {
    const done: string[] = [];
    @Controller()
    class Burst {
      @Consumes(OrderPlaced, {
        processor: 'burst',
        concurrency: 8,
        attempts: 2,
        backoff: 20,
        pause: { failures: 5, firstProbe: 20, maxProbe: 50 },
      })
      send(@Payload() { orderId }: OrderPlaced): void {
        if (orderId.startsWith('poison')) throw new Error('this order is at fault');
        if (orderId.startsWith('good')) done.push(orderId);
      }
    }
    const application = await transport.run({ controllers: [Burst] });
    place('poison', 20);
    const pauses = application.get(Pauses, { strict: false });
    await eventually(() => expect(pauses.ready()).rejects.toThrow(/burst is paused/));
    place('good', 20);
    await eventually(() => expect(new Set(done).size).toBe(20), { timeout: 10_000 });
  });
});

describe('a declaration that contradicts the streams', () => {
  it('stops the start', async () => {
    const transport = await Transport.start();
    @Controller()
    class Patient {
      @Consumes(OrderPlaced, { processor: 'patient', attempts: 3, backoff: 40_000_000 })
      handle(): void {}
    }
    try {
      const start = transport.run({ controllers: [Patient] }, { events: { maxAge: 60_000_000 } });
      await expect(start).rejects.toThrow(InvalidDeclarationError);
      await expect(start).rejects.toThrow(
        /80000000 ms for its last attempt, but events are kept for 60000000 ms/,
      );
    } finally {
      await transport.stop();
    }
  });
});
