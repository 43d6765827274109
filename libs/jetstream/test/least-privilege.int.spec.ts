import { Consumes, permissionsOf, processorsOf, PublishDeniedError } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

@Controller()
class Limited {
  @Consumes(OrderPlaced, {
    processor: 'limited',
    publishes: [OrderConfirmed],
    attempts: 2,
    backoff: { initial: 20 },
  })
  confirm(@Payload() event: OrderPlaced): OrderConfirmed {
    if (event.orderId === 'bad') throw new Error('bad');
    return new OrderConfirmed({ orderId: event.orderId });
  }
}

const { publish, subscribe } = permissionsOf(
  { source: 'spec', publishes: [] },
  processorsOf(Limited).map(({ declaration }) => declaration),
);
const user = (name: string, publishable: string[]) => ({
  user: name,
  password: 'x',
  permissions: { publish: publishable, subscribe },
});

describe('a process with the least rights', () => {
  const users = [
    { user: 'admin', password: 'x' },
    user('limited', publish),
    user(
      'mute',
      publish.filter((subject) => !subject.includes('MSG.NEXT')),
    ),
  ];
  const transport = useTransport({ authorization: { users }, no_auth_user: 'admin' });

  const serversAs = (name: string) => ({ servers: `nats://${name}:x@127.0.0.1:${transport.broker.port}` });

  it('has the rights that the processor needs, and no right to create or read anything else', () => {
    expect(publish).toEqual([
      '$JS.ACK.EVENTS.limited.>',
      '$JS.ACK.RETRIES.limited.>',
      '$JS.ACK.RETRIES.limited_quarantine.>',
      '$JS.API.CONSUMER.MSG.NEXT.EVENTS.limited',
      '$JS.API.CONSUMER.MSG.NEXT.RETRIES.limited',
      '$JS.API.CONSUMER.MSG.NEXT.RETRIES.limited_quarantine',
      'events.order.confirmed',
      'events.processor.paused',
      'events.processor.resumed',
      'failed.limited.order.placed',
      'failure-state.limited.*',
      'retry.limited.>',
    ]);
    expect(subscribe).toEqual(['_INBOX_spec.>']);
  });

  it('may reply about its outbox if it publishes initiating events', () => {
    expect(permissionsOf({ source: 'shop', publishes: [OrderPlaced] }, [])).toEqual({
      publish: ['cascade.outbox.shop.answer.*', 'events.order.placed'],
      subscribe: ['_INBOX_shop.>', 'cascade.outbox.shop'],
    });
  });

  it('uses the streams and consumers that another identity has created, and does all its work', async () => {
    await transport.run({ controllers: [Limited] });
    await transport.closeApplications();

    await transport.run({ controllers: [Limited] }, serversAs('limited'));
    transport.publish('events.order.placed', { orderId: 'good', amount: 1 });
    transport.publish('events.order.placed', { orderId: 'bad', amount: 1 });

    await transport.stored('EVENTS', 'events.order.confirmed', 1);
    const [failure] = await transport.stored('FAILURES', 'failed.limited.order.placed', 1);
    expect(failure!.json()).toMatchObject({ attempts: 2 });
  });

  it('reports a missing right to publish as a temporary failure', async () => {
    await transport.run({});
    const publisher = transport.publisherOf(await transport.run({}, serversAs('limited')));
    await expect(publisher.publish(new OrderPlaced({ orderId: 'denied', amount: 1 }))).rejects.toThrow(
      PublishDeniedError,
    );
  });

  it('does not start without the right to pull, and names the missing right', async () => {
    await expect(transport.run({ controllers: [Limited] }, serversAs('mute'))).rejects.toThrow(
      /MSG\.NEXT\.EVENTS\.limited/,
    );
  });
});
