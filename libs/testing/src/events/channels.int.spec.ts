import type { Broker } from '@cascade/embedded-broker';
import { Consumes, EventFailed, ConsumesFailure } from '@cascade/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OrderBilled, OrderPlaced } from '../../test/orders.js';
import { startTestBroker } from '../broker/broker.js';
import { TestChannels } from './channels.js';
import { startProcessor } from '../service/processor.js';
import type { RunningService } from '../service/service.js';

/** Failures that were handled, by the id of the order. */
const regretted: string[] = [];

@Controller()
class Desk {
  @Consumes(OrderPlaced, { processor: 'billing', publishes: [OrderBilled], attempts: 1 })
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

describe('the channels of a test', () => {
  let broker: Broker;
  let desk: RunningService;
  let channels: TestChannels;

  beforeAll(async () => {
    broker = await startTestBroker();
    desk = await startProcessor(Desk, { natsUrl: broker.url });
  }, 60_000);
  afterAll(async () => {
    await desk?.stop();
    await broker?.stop();
  });
  afterEach(() => channels.close());

  it('give what a processor published after an event, and tell that nothing else was', async () => {
    channels = await TestChannels.connect(broker.url);
    const id = await channels.publish(new OrderPlaced('1'));
    await channels.publish(new OrderPlaced('1'), id);

    const billed = await channels.published(OrderBilled, { causedBy: id });

    expect(billed).toMatchObject({ source: 'billing', causationId: id, data: { orderId: '1' } });
    await channels.consumed(OrderPlaced, 'billing');
    await channels.nothingMore();
  });

  it('give what a processor gave up on', async () => {
    channels = await TestChannels.connect(broker.url);
    const id = await channels.publish(new OrderPlaced('bad'));
    const { data } = await channels.failed(OrderPlaced, 'billing', { causedBy: id });
    expect(data).toMatchObject({ processor: 'billing', attempts: 1, error: { message: 'no such order' } });
  });

  it('bring failures to those who consume them', async () => {
    channels = await TestChannels.connect(broker.url);
    await channels.publishFailure('billing', new OrderPlaced('17'));
    await channels.consumed(EventFailed, 'regrets');
    expect(regretted).toContain('17');
  });

  it('say what was stored instead of what was waited for, and what there is more than expected', async () => {
    channels = await TestChannels.connect(broker.url);
    await channels.publish(new OrderPlaced('bad'));
    await channels.consumed(OrderPlaced, 'billing');
    await expect(channels.published(OrderBilled, { causedBy: 'nobody', timeout: 300 })).rejects.toThrow(
      /no order\.billed after nobody; stored is:\n(.*\n)* {2}events\.order\.placed .*"orderId":"bad"(.*\n)*Logged was:\n(.*\n)* {2}\S+ error event \S+ of flow \S+ dead-lettered, .*no such order/,
    );
    await expect(channels.nothingMore()).rejects.toThrow(
      /more than was expected:\n(.*\n)* {2}failed\.billing\.order\.placed {2}billing /,
    );
  });
});
