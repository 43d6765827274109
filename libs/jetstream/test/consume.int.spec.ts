import { Consumes, EventContext } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import { InvoiceIssued, OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

const order = (orderId: string) => ({ orderId, amount: 1 });

describe('a processor', () => {
  const transport = useTransport();

  it('publishes the next events, with ids, causation and correlation from the incoming event', async () => {
    const seen: EventContext[] = [];
    @Controller()
    class Confirmation {
      @Consumes(OrderPlaced, { processor: 'confirmation', publishes: [OrderConfirmed] })
      confirm(@Payload() event: OrderPlaced, @Ctx() context: EventContext): OrderConfirmed {
        expect(event).toBeInstanceOf(OrderPlaced);
        seen.push(context);
        return new OrderConfirmed({ orderId: event.orderId });
      }
    }
    const application = await transport.run({ controllers: [Confirmation] });
    const published = await transport.publisherOf(application).publish(new OrderPlaced(order('first')), {
      correlationId: 'flow 1 é',
      time: new Date('2026-01-02T03:04:05Z'),
    });

    const [confirmed] = await transport.stored('EVENTS', 'events.order.confirmed', 1);

    expect(confirmed!.json()).toEqual({ orderId: 'first' });
    expect(
      Object.fromEntries([...confirmed!.header].map(([name, values]) => [name, values[0]])),
    ).toMatchObject({
      'ce-specversion': '1.0',
      'ce-type': 'order.confirmed.v1',
      'ce-source': 'confirmation',
      'ce-datacontenttype': 'application/json',
      'ce-correlationid': 'flow%201%20%C3%A9',
      'ce-causationid': published.id,
      'Nats-Msg-Id': confirmed!.header.get('ce-id'),
    });
    expect(seen[0]).toMatchObject({
      eventId: published.id,
      correlationId: 'flow 1 é',
      causationId: undefined,
      source: 'spec',
      attempt: 1,
      subject: 'events.order.placed',
      processor: 'confirmation',
      publishes: [OrderConfirmed],
      time: new Date('2026-01-02T03:04:05Z'),
    });
    expect(seen[0]!.headers['ce-type']).toBe('order.placed.v1');
  });

  it('stores the next events before it acknowledges, and a redelivery publishes the same ids', async () => {
    let handled = 0;
    @Controller()
    class Twice {
      @Consumes(OrderPlaced, { processor: 'twice', publishes: [InvoiceIssued] })
      issue(@Payload() event: OrderPlaced): InvoiceIssued[] {
        handled += 1;
        return [
          new InvoiceIssued({ orderId: event.orderId }),
          new InvoiceIssued({ orderId: `${event.orderId}-copy` }),
        ];
      }
    }
    await transport.run({ controllers: [Twice] });
    transport.publish('events.order.placed', order('again'), { 'ce-id': 'order-again' });
    await transport.stored('EVENTS', 'events.invoice.issued', 2);
    const before = handled;
    // For the handler, a second message with the same event id looks like a redelivery after a crash.
    transport.publish('events.order.placed', order('again'), { 'ce-id': 'order-again' });

    await eventually(async () => {
      expect(handled).toBe(before + 1);
      expect(await transport.backlog('twice')).toEqual({ inFlight: 0, waiting: 0 });
    });
    const invoices = await transport.read('EVENTS', 'events.invoice.issued');
    expect(
      invoices.map((message) => message.json<InvoiceIssued>().orderId).filter((id) => id.startsWith('again')),
    ).toEqual(['again', 'again-copy']);
  });

  it('gets every event, but only one of its replicas handles each event', async () => {
    const seen: string[] = [];
    const processor = (name: string, label: string) => {
      @Controller()
      class Counting {
        @Consumes(OrderPlaced, { processor: name })
        count(@Payload() event: OrderPlaced): void {
          if (event.orderId.startsWith('shared')) seen.push(`${name} ${event.orderId} ${label}`);
        }
      }
      return Counting;
    };
    await transport.run({ controllers: [processor('counting-a', 'one'), processor('counting-b', 'one')] });
    await transport.run({ controllers: [processor('counting-a', 'two')] });
    for (let number = 0; number < 50; number++)
      transport.publish('events.order.placed', order(`shared-${number}`));

    await eventually(() => expect(seen).toHaveLength(100));
    const handled = seen.map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(new Set(handled).size).toBe(100);
    expect(seen.some((line) => line.endsWith('two'))).toBe(true);
  });

  it('handles as many events at the same time as its concurrency, and no more', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    @Controller()
    class Slow {
      @Consumes(OrderPlaced, { processor: 'slow', concurrency: 7 })
      async wait(@Payload() event: OrderPlaced): Promise<void> {
        most = Math.max(most, ++running);
        if (event.orderId.startsWith('slow')) await gate;
        running -= 1;
        if (event.orderId.startsWith('slow')) done += 1;
      }
    }
    for (let number = 0; number < 40; number++)
      transport.publish('events.order.placed', order(`slow-${number}`));
    await transport.run({ controllers: [Slow] });

    await eventually(async () => {
      expect(running).toBe(7);
      // Other events are not delivered yet, so that no event waits in a buffer while its ackWait runs.
      expect((await transport.backlog('slow')).inFlight).toBe(7);
    });
    release();
    await eventually(() => expect(done).toBe(40));
    expect(most).toBe(7);
  });

  it('does not exceed its concurrency while it prefetches events', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    @Controller()
    class Quick {
      @Consumes(OrderPlaced, { processor: 'quick', concurrency: 4 })
      async wait(@Payload() { orderId }: OrderPlaced): Promise<void> {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running -= 1;
        if (orderId.startsWith('quick')) done += 1;
      }
    }
    await transport.run({ controllers: [Quick] });
    for (let count = 0; count < 20_000; count++)
      transport.publish('events.order.placed', order(`quick-${count}`));
    await eventually(() => expect(done).toBe(20_000), { timeout: 30_000 });
    expect(most).toBe(4);
  });

  it('handles events that a plain client published without any header', async () => {
    const contexts: EventContext[] = [];
    @Controller()
    class Plain {
      @Consumes(OrderPlaced, { processor: 'plain' })
      note(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
        if (event.orderId === 'by hand') contexts.push(context);
      }
    }
    await transport.run({ controllers: [Plain] });
    transport.publish('events.order.placed', { ...order('by hand'), fieldOfTomorrow: 1 });
    transport.publish('events.order.placed', order('by hand'));

    await eventually(() => expect(contexts).toHaveLength(2));
    expect(contexts[0]!.eventId).toMatch(/^[0-9a-f-]{36}$/);
    expect(contexts[0]!.correlationId).toBe(contexts[0]!.eventId);
    expect(contexts[1]!.eventId).not.toBe(contexts[0]!.eventId);
  });

  it('may return an Observable, several events, or nothing', async () => {
    @Controller()
    class Streaming {
      @Consumes(OrderPlaced, { processor: 'streaming', publishes: [OrderConfirmed] })
      emit(@Payload() event: OrderPlaced) {
        return event.orderId === 'many'
          ? of(new OrderConfirmed({ orderId: 'many-1' }), new OrderConfirmed({ orderId: 'many-2' }))
          : of();
      }
    }
    await transport.run({ controllers: [Streaming] });
    transport.publish('events.order.placed', order('many'));

    await eventually(async () => {
      const confirmed = await transport.read('EVENTS', 'events.order.confirmed');
      const ids = confirmed.map((message) => message.json<OrderConfirmed>().orderId);
      expect(ids.filter((id) => id.startsWith('many'))).toEqual(['many-1', 'many-2']);
    });
    expect(await transport.read('FAILURES', 'failed.streaming.>')).toEqual([]);
  });
});
