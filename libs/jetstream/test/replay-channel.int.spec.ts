import { eventually } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Replaying, WHO } from './replaying.js';

describe('a replay of a channel', () => {
  let system: Replaying;
  const since = new Date();

  beforeAll(async () => {
    system = await Replaying.start();
    for (const orderId of ['range-1', 'range-2'])
      system.transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': orderId });
    await eventually(() => expect(system.billing.handled).toHaveLength(4));
  });
  beforeEach(() => system.breakBilling());
  afterAll(() => system.stop());

  const packed = () => system.billing.handled.map(({ processor, orderId }) => `${processor} ${orderId}`);

  it('takes a time range for one processor, also what it has handled before', async () => {
    const selection = { processor: 'packing', event: 'order.placed', since };
    expect(await system.replays.planChannel(selection)).toEqual({ total: 2 });

    const result = await system.replays.replayChannel(selection, WHO);

    expect(result).toMatchObject({ total: 2, replayed: 2 });
    await eventually(() => expect(packed()).toEqual(['packing range-1', 'packing range-2']));
    expect(system.billing.handled[0]!.context).toMatchObject({
      eventId: 'range-1',
      replayId: result.replayId,
      failureId: undefined,
    });
    const nothing = { ...selection, until: since };
    expect(await system.replays.replayChannel(nothing, WHO)).toMatchObject({ total: 0, replayed: 0 });
  });
});
