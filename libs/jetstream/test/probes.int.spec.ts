import { Consumes, EventContext, Pauses } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { place, untilPaused } from './pausing.js';
import { useTransport } from './transport.js';

describe('a paused processor', () => {
  const transport = useTransport();

  it('finds good events behind many more bad events than it handles at the same time', async () => {
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
    place(transport, 'poison', 45);
    await untilPaused(application);
    place(transport, 'good', 20);
    await eventually(() => expect(done.size).toBe(20), { timeout: 10_000 });
  });

  it('resumes although a probe hangs', async () => {
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
    place(transport, 'hang', 10);
    await untilPaused(application);
    isPaused = true;
    await eventually(() => expect(hung).not.toBe(''));
    down = false;
    await eventually(() => expect(done.size).toBe(9), { timeout: 10_000 });
    release();
    await eventually(() => expect(done.size).toBe(10));
  });

  it('uses up no attempt of a probe that fails after another probe has ended the pause', async () => {
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
    place(transport, 'recovering', 12);
    // The first failure begins the pause. The failed event is dead-lettered, because it had only one attempt.
    await transport.stored('FAILURES', 'failed.recovering.order.placed', 1);
    down = false;
    await eventually(() => expect(done.size).toBe(10));
    await pauses.ready();

    letFail();

    await eventually(() => expect(done).toContain(late), { timeout: 10_000 });
    expect(await transport.read('FAILURES', 'failed.recovering.order.placed')).toHaveLength(1);
  });

  it('uses up no attempts of an event that is too large to be published again', async () => {
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
    place(transport, 'loaded', 4);
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
});
