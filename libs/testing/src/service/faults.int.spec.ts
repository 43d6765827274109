import type { Broker } from '@cascade/embedded-broker';
import { Consumes, EventContext } from '@cascade/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OrderBilled, OrderPlaced } from '../../test/orders.js';
import { startTestBroker } from '../broker/broker.js';
import { TestChannels } from '../events/channels.js';
import { startProcessor } from './processor.js';
import type { RunningService } from './service.js';

const MINUTE = 60_000;

/** The attempts that the handler has seen, of all events. */
const attempts: number[] = [];

@Controller()
class Billing {
  @Consumes(OrderPlaced, {
    processor: 'billing',
    publishes: [OrderBilled],
    attempts: 5,
    backoff: [MINUTE, 5 * MINUTE, 30 * MINUTE],
    ackWait: MINUTE,
  })
  bill(@Payload() { orderId }: OrderPlaced, @Ctx() { attempt }: EventContext): OrderBilled {
    attempts.push(attempt);
    return new OrderBilled(orderId);
  }
}

describe('a service in the kit', () => {
  let broker: Broker;
  let billing: RunningService;
  let channels: TestChannels;

  beforeAll(async () => {
    broker = await startTestBroker();
    billing = await startProcessor(Billing, { natsUrl: broker.url });
    channels = await TestChannels.connect(broker.url);
  }, 60_000);
  afterEach(() => {
    attempts.splice(0);
    billing.inject('billing', {});
  });
  afterAll(async () => {
    await channels?.close();
    await billing?.stop();
    await broker?.stop();
  });

  it('makes the attempts that are declared, and waits for no backoff between them', async () => {
    billing.inject('billing', { fail: 4 });
    const id = await channels.publish(new OrderPlaced('1'));

    await channels.published(OrderBilled, { causedBy: id });

    expect(attempts).toEqual([5]);
    await channels.consumed(OrderPlaced, 'billing');
    await channels.nothingMore();
  });

  it('gives up on what fails at every attempt', async () => {
    billing.inject('billing', { fail: 5 });
    const id = await channels.publish(new OrderPlaced('2'));

    const { data } = await channels.failed(OrderPlaced, 'billing', { causedBy: id });

    expect(data).toMatchObject({
      reason: 'attempts-exhausted',
      attempts: 5,
      error: { name: 'InjectedFaultError' },
    });
    expect(attempts).toEqual([]);
  });

  it('crashes between the handler and what it publishes, and starts again', async () => {
    billing.inject('billing', { crash: 2 });
    const id = await channels.publish(new OrderPlaced('3'));

    await channels.published(OrderBilled, { causedBy: id });

    expect(attempts).toEqual([1, 2, 3]);
    await channels.consumed(OrderPlaced, 'billing');
    await channels.nothingMore();
  });

  it('is slow', async () => {
    billing.inject('billing', { slow: 300 });
    const id = await channels.publish(new OrderPlaced('4'));

    await expect(channels.published(OrderBilled, { causedBy: id, timeout: 200 })).rejects.toThrow(
      'no order.billed',
    );

    await channels.published(OrderBilled, { causedBy: id });
    expect(attempts).toEqual([1]);
  });

  it('has no faults of processors that it does not have', () => {
    expect(() => billing.inject('shipping', { fail: 1 })).toThrow(
      "There is no processor 'shipping' here, but billing.",
    );
  });
});
