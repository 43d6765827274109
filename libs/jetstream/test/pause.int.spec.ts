import {
  Consumes,
  EventContext,
  EventFailed,
  InvalidDeclarationError,
  Pauses,
  ProcessorPaused,
  ProcessorResumed,
} from '@app/jetstream';
import { eventually } from '@app/testing';
import { Controller, type INestApplicationContext } from '@nestjs/common';
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

  it('finds the good events behind many more bad ones than it handles at once', async () => {
    const done = new Set<string>();
    @Controller()
    class Burst {
      @Consumes(OrderPlaced, {
        processor: 'burst',
        concurrency: 8,
        attempts: 2,
        backoff: 20,
        pause: { failures: 5, firstProbe: 50, maxProbe: 1_000 },
      })
      send(@Payload() { orderId }: OrderPlaced): void {
        if (orderId.startsWith('poison')) throw new Error('this order is at fault');
        if (orderId.startsWith('good')) done.add(orderId);
      }
    }
    const application = await transport.run({ controllers: [Burst] });
    place('poison', 45);
    await untilPaused(application);
    place('good', 20);
    await eventually(() => expect(done.size).toBe(20), { timeout: 10_000 });
  });

  it('goes on where a probe hangs', async () => {
    let down = true;
    let release = (): void => undefined;
    const hang = new Promise<void>((resolve) => (release = resolve));
    const done = new Set<string>();
    let isPaused = false;
    let hung = '';
    @Controller()
    class Hanging {
      @Consumes(OrderPlaced, {
        processor: 'hanging',
        concurrency: 8,
        pause: { failures: 3, firstProbe: 100, maxProbe: 200 },
      })
      async send(@Payload() { orderId }: OrderPlaced): Promise<void> {
        if (!orderId.startsWith('hang')) return;
        if (isPaused && !hung) {
          hung = orderId;
          await hang;
        }
        if (down) throw new Error('provider is down');
        done.add(orderId);
      }
    }
    const application = await transport.run({ controllers: [Hanging] });
    place('hang', 10);
    await untilPaused(application);
    isPaused = true;
    await eventually(() => expect(hung).not.toBe(''));
    down = false;
    await eventually(() => expect(done.size).toBe(9), { timeout: 10_000 });
    release();
    await eventually(() => expect(done.size).toBe(10));
  });

  it('uses up no attempt of a probe that fails when another one has already ended the pause', async () => {
    let down = true;
    let late: string | undefined;
    let letFail = (): void => undefined;
    const failing = new Promise<void>((resolve) => (letFail = resolve));
    const done = new Set<string>();
    @Controller()
    class Recovering {
      @Consumes(OrderPlaced, {
        processor: 'recovering',
        concurrency: 4,
        attempts: 1,
        pause: { failures: 1, firstProbe: 50, maxProbe: 100 },
      })
      async send(@Payload() { orderId }: OrderPlaced): Promise<void> {
        if (!orderId.startsWith('recovering')) return;
        if (down) throw new Error('provider is down');
        if (late === undefined) {
          late = orderId;
          await failing;
          throw new Error('provider was down');
        }
        done.add(orderId);
      }
    }
    const application = await transport.run({ controllers: [Recovering] });
    const pauses = application.get(Pauses, { strict: false });
    place('recovering', 12);
    // Its one attempt is what the pause begins with.
    await transport.stored('FAILURES', 'failed.recovering.order.placed', 1);
    down = false;
    await eventually(() => expect(done.size).toBe(10));
    await pauses.ready();

    letFail();

    await eventually(() => expect(done).toContain(late), { timeout: 10_000 });
    expect(await transport.read('FAILURES', 'failed.recovering.order.placed')).toHaveLength(1);
  });

  it('is not stopped by an `outage` that fails itself', async () => {
    let down = true;
    let calls = 0;
    const errors: string[] = [];
    const done = new Set<string>();
    @Controller()
    class Careless {
      @Consumes(OrderPlaced, {
        processor: 'careless',
        outage: (error) => {
          errors.push((error as Error).message);
          return (error as { cause: { code: string } }).cause.code === 'DOWN';
        },
        pause: { firstProbe: 50, maxProbe: 100 },
      })
      send(@Payload() { orderId }: OrderPlaced): void {
        if (!orderId.startsWith('careless')) return;
        calls += 1;
        // The first probe, where three events met the outage before.
        if (calls === 4) throw new Error('without a cause');
        if (down) throw new Error('down', { cause: { code: 'DOWN' } });
        done.add(orderId);
      }
    }
    await transport.run({ controllers: [Careless] });
    place('careless', 3);
    await eventually(() => expect(errors.length).toBeGreaterThan(5));
    expect(errors).toContain('without a cause');
    down = false;
    await eventually(() => expect(done.size).toBe(3), { timeout: 10_000 });
  });

  it('holds nothing, and stops at once though events arrive in the pause', async () => {
    let down = true;
    const attempts: number[] = [];
    const done = new Set<string>();
    @Controller()
    class Late {
      @Consumes(OrderPlaced, {
        processor: 'late',
        concurrency: 4,
        attempts: 2,
        backoff: 300,
        pause: { failures: 2, firstProbe: 60_000, maxProbe: 60_000 },
      })
      send(@Payload() { orderId }: OrderPlaced, @Ctx() context: EventContext): void {
        if (!orderId.startsWith('late')) return;
        attempts.push(context.attempt);
        if (down) throw new Error('provider is down');
        done.add(orderId);
      }
    }
    const application = await transport.run({ controllers: [Late] });
    await eventually(async () => expect((await transport.backlog('late')).waiting).toBe(0));
    place('late', 2);
    await untilPaused(application);
    // What had been asked for before, and the retries of the two that failed.
    place('late-more', 6);
    await eventually(async () => {
      const { waiting } = await transport.backlog('late');
      expect(waiting).toBeLessThan(6);
      expect(await transport.inHand('late')).toBe(0);
    });
    const begun = Date.now();
    await transport.closeApplications();
    expect(Date.now() - begun).toBeLessThan(3_000);

    down = false;
    await transport.run({ controllers: [Late] });
    await eventually(() => expect(done.size).toBe(8), { timeout: 10_000 });
    expect(Math.max(...attempts)).toBe(2);
    expect(await transport.read('FAILURES', 'failed.late.>')).toEqual([]);
  });

  it('leaves its events to a replica that works', async () => {
    const done = new Set<string>();
    const cutOff = new Set<string>();
    const replica = (isCutOff: boolean) => {
      @Controller()
      class Shared {
        @Consumes(OrderPlaced, {
          processor: 'shared',
          concurrency: 8,
          outage: (error) => (error as Error).message === 'cut off',
          pause: { firstProbe: 60_000, maxProbe: 60_000 },
        })
        send(@Payload() { orderId }: OrderPlaced): void {
          if (!orderId.startsWith('shared')) return;
          if (isCutOff) cutOff.add(orderId);
          if (isCutOff) throw new Error('cut off');
          done.add(orderId);
        }
      }
      return Shared;
    };
    const broken = await transport.run({ controllers: [replica(true)] });
    place('shared', 60);
    await untilPaused(broken);
    await transport.run({ controllers: [replica(false)] });
    await eventually(() => expect(done.size).toBe(60), { timeout: 10_000 });
    expect(cutOff.size).toBeGreaterThan(0);
    await untilPaused(broken);
  });

  it('uses up no attempts of an event that is too large to be put back', async () => {
    let down = true;
    let largeOnes = 0;
    const attempts: number[] = [];
    const done = new Set<string>();
    @Controller()
    class Loaded {
      @Consumes(OrderPlaced, {
        processor: 'loaded',
        concurrency: 4,
        attempts: 3,
        backoff: 50,
        outage: (error) => (error as Error).message === 'down',
        pause: { firstProbe: 50, maxProbe: 100 },
      })
      send(@Payload() { orderId }: OrderPlaced, @Ctx() { attempt }: EventContext): void {
        if (!orderId.startsWith('loaded')) return;
        attempts.push(attempt);
        if (orderId.startsWith('loaded-large')) largeOnes += 1;
        if (down) throw new Error('down');
        done.add(orderId);
      }
    }
    const application = await transport.run({ controllers: [Loaded] });
    place('loaded', 4);
    for (let number = 0; number < 2; number++) {
      const order = { orderId: `loaded-large-${number}`, amount: 1, note: 'x'.repeat(1_040_000) };
      transport.publish('events.order.placed', order);
    }
    await untilPaused(application);
    await eventually(() => expect(largeOnes).toBeGreaterThan(10), { timeout: 10_000 });
    down = false;
    await eventually(() => expect(done.size).toBe(6), { timeout: 10_000 });
    expect(Math.max(...attempts)).toBe(1);
    await eventually(async () => expect((await transport.backlog('loaded')).inFlight).toBe(0));
  });

  it('gives an event up that meets an outage of its own while others succeed', async () => {
    @Controller()
    class Query {
      @Consumes(OrderPlaced, {
        processor: 'query',
        attempts: 3,
        backoff: 50,
        outage: (error) => (error as Error).message === 'statement timeout',
        pause: { firstProbe: 50, maxProbe: 100 },
      })
      send(@Payload() { orderId }: OrderPlaced): void {
        if (orderId === 'slow') throw new Error('statement timeout');
      }
    }
    const pausesOfIt = async () => {
      const events = await transport.read('EVENTS', 'events.processor.paused');
      return events.filter((event) => event.json<ProcessorPaused>().processor === 'query').length;
    };
    await transport.run({ controllers: [Query] });
    transport.publish('events.order.placed', { orderId: 'slow', amount: 1 });
    await eventually(async () => expect(await pausesOfIt()).toBe(1));
    place('quick', 20);
    const [failure] = await transport.stored('FAILURES', 'failed.query.order.placed', 1, 10_000);
    expect(failure!.json<EventFailed>()).toMatchObject({ reason: 'attempts-exhausted', attempts: 3 });
    expect(await pausesOfIt()).toBe(1);
  });

  async function untilPaused(application: INestApplicationContext): Promise<void> {
    const pauses = application.get(Pauses, { strict: false });
    await eventually(() => expect(pauses.ready()).rejects.toThrow(/is paused since/));
  }
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
        /96000000 ms for its last attempt, but events are kept for 60000000 ms/,
      );
    } finally {
      await transport.stop();
    }
  });
});
