import { expect, it } from '@jest/globals';
import { Consumes, EventContext } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OrderPlaced } from './events.js';
import { Transport } from './transport.js';

const attempts = new Map<string, number>();

@Controller()
class Blocking {
  @Consumes(OrderPlaced, { processor: 'blocking', ackWait: 5_000, concurrency: 4 })
  handle(@Payload() { orderId }: OrderPlaced, @Ctx() { attempt }: EventContext): void {
    attempts.set(orderId, attempt);
    if (orderId !== 'slow') return;
    const end = Date.now() + 3_000;
    while (Date.now() < end);
  }
}

it('Events that arrive while a handler blocks the process are handled afterwards, on their first attempt', async () => {
  const transport = await new Transport().start();
  try {
    await transport.run({ controllers: [Blocking] });
    const orders = ['slow', ...Array.from({ length: 40 }, (_, number) => `order ${number}`)];
    for (const orderId of orders) transport.publish('events.order.placed', { orderId, amount: 1 });
    // The timeout ends before any redelivery.
    await eventually(() => expect([...attempts.keys()].sort()).toEqual([...orders].sort()), {
      timeout: 4_800,
    });
    expect(new Set(attempts.values())).toEqual(new Set([1]));
  } finally {
    await transport.stop();
  }
}, 40_000);
