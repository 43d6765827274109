import { Consumes, EventContext, FailureReader, Replays, type StoredFailure } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { WHO } from './replaying.js';
import { useTransport } from './transport.js';

/** Behavior of the processor: the order id to confirm, the number of attempts that fail, and the contexts of all attempts. */
const confirming = { confirmed: 'wrong', failsAt: 0, contexts: [] as EventContext[] };
const received: { id: string; orderId: string }[] = [];

@Controller()
class Confirming {
  @Consumes(OrderPlaced, {
    processor: 'confirming',
    publishes: [OrderConfirmed],
    attempts: 2,
    backoff: 10,
    pause: false,
  })
  confirm(@Ctx() context: EventContext): OrderConfirmed[] {
    confirming.contexts.push(context);
    if (context.attempt <= confirming.failsAt) throw new Error('not now');
    return [confirming.confirmed, 'second'].map((orderId) => new OrderConfirmed({ orderId }));
  }

  @Consumes(OrderConfirmed, { processor: 'receiving' })
  receive(@Payload() { orderId }: OrderConfirmed, @Ctx() { eventId }: EventContext): void {
    received.push({ id: eventId, orderId });
  }
}

describe('an as-new replay of a channel', () => {
  const selection = { processor: 'confirming', event: 'order.placed' };
  const transport = useTransport({}, () => undefined);
  let replays: Replays;
  let archive: FailureReader;

  beforeAll(async () => {
    const application = await transport.run({ controllers: [Confirming] });
    replays = application.get(Replays, { strict: false });
    archive = application.get(FailureReader, { strict: false });
    transport.publish('events.order.placed', { orderId: 'one', amount: 1 }, { 'ce-id': 'one' });
    await eventually(() => expect(received).toHaveLength(2));
  });
  beforeEach(() => {
    Object.assign(confirming, { confirmed: 'right', failsAt: 0, contexts: [] });
    received.length = 0;
  });

  const settled = () =>
    eventually(async () => {
      for (const processor of ['confirming', 'receiving']) {
        expect(await transport.backlog(processor)).toEqual({ inFlight: 0, waiting: 0 });
        expect(await transport.inFlight(processor)).toBe(0);
      }
      expect(await transport.read('RETRIES', 'retry.>')).toEqual([]);
    });
  const orders = () => received.map(({ orderId }) => orderId);
  const audit = async () =>
    (await transport.read('EVENTS', 'events.replay.requested')).at(-1)!.json<Record<string, unknown>>();
  async function failureOf(replayId: string): Promise<StoredFailure> {
    return eventually(async () => {
      for await (const stored of archive.list()) if (stored.failure.asNew === replayId) return stored;
      throw new Error('not failed yet');
    });
  }

  it('corrects downstream processors, for which a plain replay changes nothing', async () => {
    await replays.replayChannel(selection, WHO);
    await eventually(() => expect(confirming.contexts).toHaveLength(1));
    await settled();
    expect(received).toEqual([]);
    expect(await audit()).not.toHaveProperty('asNew');

    const { replayId } = await replays.replayChannel(selection, { ...WHO, asNew: true });
    await eventually(() => expect(orders()).toEqual(['right', 'second']));
    expect(confirming.contexts[1]).toMatchObject({ eventId: 'one', replayId, asNew: replayId });
    expect(await audit()).toMatchObject({ replayId, of: 'channel', asNew: true });

    await replays.replayChannel(selection, { ...WHO, asNew: true });
    await eventually(() => expect(received).toHaveLength(4));
    expect(new Set(received.map(({ id }) => id)).size).toBe(4);
  });

  it('gives next events the same ids on each attempt', async () => {
    confirming.failsAt = 1;
    const { replayId } = await replays.replayChannel(selection, { ...WHO, asNew: true });
    await eventually(() => expect(orders()).toEqual(['right', 'second']));
    expect(confirming.contexts.map(({ attempt, asNew }) => [attempt, asNew])).toEqual([
      [1, replayId],
      [2, replayId],
    ]);
  });

  it('is finished by the replay of its failures', async () => {
    confirming.failsAt = 2;
    const { replayId } = await replays.replayChannel(selection, { ...WHO, asNew: true });
    const failure = await failureOf(replayId);
    expect(received).toEqual([]);

    confirming.failsAt = 0;
    await replays.replayFailures({ failureIds: [failure.id] }, WHO);
    await eventually(() => expect(orders()).toEqual(['right', 'second']));
    expect(confirming.contexts.at(-1)).toMatchObject({ failureId: failure.id, asNew: replayId });
    expect(confirming.contexts.at(-1)!.replayId).not.toBe(replayId);
  });

  it('is not accepted from a stranger', async () => {
    const event = { orderId: 'forged', amount: 1 };
    transport.publish('events.order.placed', event, { 'ce-id': 'forged', 'cascade-as-new': 'claimed' });
    await eventually(() => expect(received).toHaveLength(2));
    expect(confirming.contexts[0]!.asNew).toBeUndefined();
  });
});
