import { Consumes, ConsumesFailure, EventContext, EventFailed, UnrecoverableError } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { InvoiceIssued, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

class CardDeclined extends UnrecoverableError {}

describe("a processor of another processor's failures", () => {
  const transport = useTransport({}, () => undefined);
  const told: { orderId: string; error: string; attempt: number }[] = [];

  @Controller()
  class Charging {
    @Consumes(OrderPlaced, { processor: 'charging' })
    charge(@Payload() event: OrderPlaced): void {
      if (event.note === 'declined') throw new CardDeclined('no funds');
    }
  }

  @Controller()
  class Dunning {
    @ConsumesFailure(OrderPlaced, {
      of: 'charging',
      processor: 'dunning',
      publishes: [InvoiceIssued],
      backoff: 20,
    })
    async remind(@Payload() failure: EventFailed, @Ctx() context: EventContext): Promise<InvoiceIssued> {
      const { orderId } = await failure.originalEvent(OrderPlaced);
      told.push({ orderId, error: failure.error.name, attempt: context.attempt });
      if (context.attempt === 1) throw new Error('the first reminder always gets lost');
      if (orderId === 'hopeless') throw new UnrecoverableError('not even a reminder');
      return new InvoiceIssued({ orderId });
    }
  }

  beforeAll(() => transport.run({ controllers: [Charging, Dunning] }));

  it('gets the failure with the event, retries, and publishes in the same flow', async () => {
    transport.publish('events.order.placed', { orderId: 'fine', amount: 1 });
    transport.publish(
      'events.order.placed',
      { orderId: 'poor', amount: 1, note: 'declined' },
      { 'ce-correlationid': 'flow-poor' },
    );

    const [invoice] = await transport.stored('EVENTS', 'events.invoice.issued', 1);

    expect(invoice!.json()).toEqual({ orderId: 'poor' });
    expect(invoice!.header.get('ce-correlationid')).toBe('flow-poor');
    const [failure] = await transport.read('FAILURES', 'failed.charging.>');
    expect(invoice!.header.get('ce-causationid')).toBe(failure!.header.get('ce-id'));
    expect(told).toEqual([
      { orderId: 'poor', error: 'CardDeclined', attempt: 1 },
      { orderId: 'poor', error: 'CardDeclined', attempt: 2 },
    ]);
  });

  it('can fail itself, like any processor', async () => {
    transport.publish('events.order.placed', { orderId: 'hopeless', amount: 1, note: 'declined' });

    const [failure] = await transport.stored('FAILURES', 'failed.dunning.event.failed', 1);
    const found = failure!.json<EventFailed>();
    expect(found).toMatchObject({ processor: 'dunning', reason: 'unrecoverable', attempts: 2 });
    expect(found.original).toMatchObject({ stream: 'FAILURES', subject: 'failed.charging.order.placed' });
    await eventually(async () =>
      expect(await transport.backlog('dunning', 'FAILURES')).toEqual({ inFlight: 0, waiting: 0 }),
    );
  });

  it('cannot be declared for its own failures', () => {
    expect(() => ConsumesFailure(OrderPlaced, { of: 'same', processor: 'same' })).toThrow(
      /another processor/,
    );
  });
});
