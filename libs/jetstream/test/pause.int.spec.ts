import { Consumes, EventContext, Pauses, ProcessorPaused, ProcessorResumed } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { place, untilPaused } from './pausing.js';
import { useTransport } from './transport.js';

describe('a processor that fails on nearly everything', () => {
  const transport = useTransport();

  it('pauses, announces the pause, uses up no attempts, and resumes by itself with all events', async () => {
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
    place(transport, 'outage', 60);

    const [paused] = await transport.stored('EVENTS', 'events.processor.paused', 1);
    expect(paused!.json<ProcessorPaused>()).toMatchObject({
      processor: 'outage',
      error: { name: 'Error', message: 'provider is down' },
    });
    await expect(pauses.ready()).rejects.toThrow(/outage has been paused since/);
    const { presence, pausedAt } = paused!.json<ProcessorPaused>();
    const isPresent = () =>
      transport.client.request(presence!, '', { timeout: 300 }).then(
        () => true,
        (error: Error) => !/no responders/.test(error.message),
      );
    expect(await isPresent()).toBe(true);
    // Probes keep failing for a while. If the failed probes counted, they would use up the attempts of every event.
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

  it('stops in the middle of a pause without losing events or attempts', async () => {
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
    place(transport, 'int', 40);
    await eventually(() => expect(pauses.ready()).rejects.toThrow(/paused/));
    await transport.closeApplications();

    down = false;
    await transport.run({ controllers: [Interrupted] });
    await eventually(() => expect(done.size).toBe(40), { timeout: 10_000 });
    expect(await transport.read('FAILURES', 'failed.interrupted.>')).toEqual([]);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
  });

  it('does not pause if pauses are turned off', async () => {
    @Controller()
    class Stubborn {
      @Consumes(OrderPlaced, { processor: 'stubborn', attempts: 1, pause: false })
      send(@Payload() event: OrderPlaced): void {
        if (event.orderId.startsWith('stubborn')) throw new Error('always');
      }
    }
    await transport.run({ controllers: [Stubborn] });
    place(transport, 'stubborn', 30);
    expect(await transport.stored('FAILURES', 'failed.stubborn.order.placed', 30)).toHaveLength(30);
  });

  it('keeps no events, and stops immediately although events arrive during the pause', async () => {
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
    place(transport, 'late', 2);
    await untilPaused(application);
    // Some of these events were requested before the pause. The retries of the two failed events arrive too.
    place(transport, 'late-more', 6);
    await eventually(async () => {
      const { waiting } = await transport.backlog('late');
      expect(waiting).toBeLessThan(6);
      expect(await transport.inFlight('late')).toBe(0);
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

  it('leaves its events to another replica that works', async () => {
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
    place(transport, 'shared', 60);
    await untilPaused(broken);
    await transport.run({ controllers: [replica(false)] });
    await eventually(() => expect(done.size).toBe(60), { timeout: 10_000 });
    expect(cutOff.size).toBeGreaterThan(0);
    await untilPaused(broken);
  });
});
