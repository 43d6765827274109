import { Consumes, type EventContext } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OrderPlaced } from './events.js';
import { startStallingProxy, type StallingProxy } from './stalling-proxy.js';
import { useTransport } from './transport.js';

/** Matches a pull request of the processor for events of its channel. */
const REQUEST = /PUB \$JS\.API\.CONSUMER\.MSG\.NEXT\.EVENTS\.patient/;

const handled: { orderId: string; attempt: number }[] = [];

@Controller()
class Patient {
  @Consumes(OrderPlaced, { processor: 'patient', ackWait: 8_000, concurrency: 2 })
  handle(@Payload() { orderId }: OrderPlaced, @Ctx() { attempt }: EventContext): void {
    handled.push({ orderId, attempt });
  }
}

describe('a network that stands still for some seconds', () => {
  const transport = useTransport({}, async (transport) => {
    proxy.goOn();
    await transport.closeApplications();
    await proxy.stop();
  });
  let proxy: StallingProxy;

  beforeAll(async () => {
    proxy = await startStallingProxy(transport.broker.port);
    await transport.run({ controllers: [Patient] }, { servers: proxy.url });
  });

  it('uses up no attempt, and events that the broker had sent are handled although the processor has made a new request', async () => {
    await proxy.stallBehind(REQUEST);
    for (const orderId of ['a', 'b', 'c', 'd', 'e'])
      transport.publish('events.order.placed', { orderId, amount: 1 });
    await eventually(async () =>
      expect(await transport.backlog('patient')).toEqual({ inFlight: 1, waiting: 4 }),
    );
    // The first request is for one event. After a silence, the processor makes a new request.
    await eventually(() => expect(proxy.kept).toMatch(REQUEST));
    proxy.goOn();

    await eventually(() => expect(handled).toHaveLength(5));
    expect(handled).toEqual(['a', 'b', 'c', 'd', 'e'].map((orderId) => ({ orderId, attempt: 1 })));
    await transport.settled('patient');
  });
});
