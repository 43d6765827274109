import { Consumes, EventFailed, ProcessorPaused } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { place } from './pausing.js';
import { useTransport } from './transport.js';

describe('an outage that a processor declares', () => {
  const transport = useTransport();

  it('resumes although `outage` itself throws', async () => {
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
        // Three events fail because of the outage, so the fourth call is the first probe.
        if (calls === 4) throw new Error('without a cause');
        if (down) throw new Error('down', { cause: { code: 'DOWN' } });
        done.add(orderId);
      }
    }
    await transport.run({ controllers: [Careless] });
    place(transport, 'careless', 3);
    await eventually(() => expect(errors.length).toBeGreaterThan(5));
    expect(errors).toContain('without a cause');
    down = false;
    await eventually(() => expect(done.size).toBe(3), { timeout: 10_000 });
  });

  it('dead-letters an event that fails repeatedly because of an outage while other events succeed', async () => {
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
    place(transport, 'quick', 20);
    const [failure] = await transport.stored('FAILURES', 'failed.query.order.placed', 1, 10_000);
    expect(failure!.json<EventFailed>()).toMatchObject({ reason: 'attempts-exhausted', attempts: 3 });
    expect(await pausesOfIt()).toBe(1);
  });
});
