import { Consumes, EventContext } from '@cascade/jetstream';
import { afterEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OrderBilled, OrderPlaced } from '../../test/orders.js';
import { describeProcessor } from './describe-processor.js';
import { startProcessor } from './processor.js';

const MINUTE = 60_000;

/** Numbers of the attempts that reached the handler, for all events. */
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

const startBilling = (natsUrl: string) => startProcessor(Billing, { natsUrl });

describeProcessor('a service in the kit', startBilling, (test) => {
  afterEach(() => {
    attempts.splice(0);
    test.service.inject('billing', {});
  });

  it('makes the declared attempts without a backoff', async () => {
    test.service.inject('billing', { fail: 4 });
    const id = await test.channels.publish(new OrderPlaced('1'));

    await test.channels.published(OrderBilled, { causedBy: id });

    expect(attempts).toEqual([5]);
    await test.channels.consumed(OrderPlaced, 'billing');
    await test.channels.nothingMore();
  });

  it('gives up on an event that fails on every attempt', async () => {
    test.service.inject('billing', { fail: 5 });
    const id = await test.channels.publish(new OrderPlaced('2'));

    const { data } = await test.channels.failed(OrderPlaced, 'billing', { causedBy: id });

    expect(data).toMatchObject({
      reason: 'attempts-exhausted',
      attempts: 5,
      error: { name: 'InjectedFaultError' },
    });
    expect(attempts).toEqual([]);
  });

  it('crashes after the handler but before publishing the result, and starts again', async () => {
    test.service.inject('billing', { crash: 2 });
    const id = await test.channels.publish(new OrderPlaced('3'));

    await test.channels.published(OrderBilled, { causedBy: id });

    expect(attempts).toEqual([1, 2, 3]);
    await test.channels.consumed(OrderPlaced, 'billing');
    await test.channels.nothingMore();
  });

  it('is slow', async () => {
    test.service.inject('billing', { slow: 300 });
    const id = await test.channels.publish(new OrderPlaced('4'));

    await expect(test.channels.published(OrderBilled, { causedBy: id, timeout: 200 })).rejects.toThrow(
      'no order.billed',
    );

    await test.channels.published(OrderBilled, { causedBy: id });
    expect(attempts).toEqual([1]);
  });

  it('refuses faults of an unknown processor', () => {
    expect(() => test.service.inject('shipping', { fail: 1 })).toThrow(
      "There is no processor 'shipping' here. There are: billing.",
    );
  });
});
