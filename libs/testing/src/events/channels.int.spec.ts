import { Consumes, EventFailed, ConsumesFailure } from '@cascade/jetstream';
import { expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OrderBilled, OrderPlaced } from '../../test/orders.js';
import { describeProcessor } from '../service/describe-processor.js';
import { startProcessor } from '../service/processor.js';

/** Ids of the orders whose failures were handled. */
const regretted: string[] = [];

@Controller()
class Desk {
  @Consumes(OrderPlaced, { processor: 'billing', publishes: [OrderBilled], attempts: 2 })
  bill(@Payload() { orderId }: OrderPlaced): OrderBilled {
    if (orderId === 'bad') throw new Error('no such order');
    return new OrderBilled(orderId);
  }

  @ConsumesFailure(OrderPlaced, { of: 'billing', processor: 'regrets' })
  async regret(@Payload() failure: EventFailed): Promise<void> {
    const { orderId } = await failure.originalEvent(OrderPlaced);
    regretted.push(orderId);
  }
}

const startDesk = (natsUrl: string) => startProcessor(Desk, { natsUrl });

describeProcessor('the channels of a test', startDesk, (test) => {
  it('return what a processor published after an event, and check that there are no more events', async () => {
    const id = await test.channels.publish(new OrderPlaced('1'));
    await test.channels.publish(new OrderPlaced('1'), id);

    const billed = await test.channels.published(OrderBilled, { causedBy: id });

    expect(billed).toMatchObject({ source: 'billing', causationId: id, data: { orderId: '1' } });
    await test.channels.consumed(OrderPlaced, 'billing');
    await test.channels.nothingMore();
  });

  it('return every publication, even a publication that the broker dropped', async () => {
    const id = await test.channels.publish(new OrderPlaced('2'));
    const { id: billedId } = await test.channels.published(OrderBilled, { causedBy: id });
    await test.channels.publish(new OrderPlaced('2'), id);
    await test.channels.consumed(OrderPlaced, 'billing');
    const announced = { id: billedId, data: { orderId: '2' } };
    expect(test.channels.announced(OrderBilled, { causedBy: id })).toEqual([announced, announced]);
    expect(test.channels.announced(OrderBilled).length).toBeGreaterThanOrEqual(2);
    await test.channels.nothingMore();
  });

  it('return the failure of a processor, and wait for its retries', async () => {
    const id = await test.channels.publish(new OrderPlaced('bad'));
    await test.channels.retried('billing', id);
    const { data } = await test.channels.failed(OrderPlaced, 'billing', { causedBy: id });
    expect(data).toMatchObject({ processor: 'billing', attempts: 2, error: { message: 'no such order' } });
  });

  it('publish failures to the processors that consume them', async () => {
    await test.channels.publishFailure('billing', new OrderPlaced('17'));
    await test.channels.consumed(EventFailed, 'regrets');
    expect(regretted).toContain('17');
  });

  it('list the stored events if a wait fails, and events that are not expected', async () => {
    await test.channels.publish(new OrderPlaced('bad'));
    await test.channels.consumed(OrderPlaced, 'billing');
    await expect(test.channels.published(OrderBilled, { causedBy: 'nobody', timeout: 300 })).rejects.toThrow(
      /no order\.billed after nobody; stored events:\n(.*\n)* {2}events\.order\.placed .*"orderId":"bad"(.*\n)*Logged:\n(.*\n)* {2}\S+ error event \S+ of flow \S+ dead-lettered, .*no such order/,
    );
    await expect(test.channels.nothingMore()).rejects.toThrow(
      /more events than expected:\n(.*\n)* {2}failed\.billing\.order\.placed {2}billing /,
    );
  });
});
