import { Consumes, UnreadEvents } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { Transport } from './transport.js';

const open: (() => void)[] = [];

@Controller()
class Slow {
  @Consumes(OrderPlaced, { processor: 'slow', concurrency: 1 })
  handle(): Promise<void> {
    return new Promise((resolve) => open.push(resolve));
  }
}

describe('events that nobody has read', () => {
  let transport: Transport;

  beforeAll(async () => {
    transport = await Transport.start();
  });
  afterAll(() => transport.stop());

  it('are a fault of the service when the oldest has lain there for half of the time that events are kept', async () => {
    const maxAge = 60_000;
    const application = await transport.run(
      { controllers: [Slow] },
      { streams: { events: { maxAge: 2 * 86_400_000 } } },
    );
    const unread = application.get(UnreadEvents, { strict: false });
    transport.publish('events.order.placed', { orderId: 'first', amount: 1 });
    transport.publish('events.order.placed', { orderId: 'second', amount: 1 });
    await eventually(() => expect(open).toHaveLength(1));

    await expect(unread.ready()).resolves.toBeUndefined();
    const [at] = await transport.stored('EVENTS', 'events.order.placed', 2);
    const halfOfTwoDays = at!.time.getTime() + 86_400_000;
    await expect(unread.ready(halfOfTwoDays - maxAge)).resolves.toBeUndefined();
    await expect(unread.ready(halfOfTwoDays)).rejects.toThrow(
      /^slow has read up to .*Z, and the broker deletes events 48\.0 h after they were stored$/,
    );

    open.shift()!();
    await eventually(() => expect(open).toHaveLength(1));
    // Nothing waits behind the second one.
    await expect(unread.ready(halfOfTwoDays)).resolves.toBeUndefined();
    open.shift()!();
  });
});
