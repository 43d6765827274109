import { Consumes, ConsumesFailure, EventFailed, Replays, UnrecoverableError } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { headers } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { useReplaying, WHO } from './replaying.js';
import { Transport } from './transport.js';

const ALL_BUT_DATE = [
  ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] as const),
  ...(['clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] as const),
];

describe('a replay of a channel', () => {
  const system = useReplaying();
  const since = new Date();

  beforeAll(async () => {
    for (const orderId of ['range-1', 'range-2'])
      system.transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': orderId });
    await eventually(() => expect(system.billing.handled).toHaveLength(4));
  });
  afterEach(() => void jest.useRealTimers());

  const packed = () => system.billing.handled.map(({ processor, orderId }) => `${processor} ${orderId}`);

  it('takes a time range for one processor, including events that the processor has already handled', async () => {
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

  it('takes all events of the channel, even if the clock of its process is behind', async () => {
    jest.useFakeTimers({ now: Date.now() - 3_600_000, doNotFake: ALL_BUT_DATE });
    const selection = { processor: 'packing', event: 'order.placed' };

    expect(await system.replays.replayChannel(selection, WHO)).toMatchObject({ total: 2, replayed: 2 });
    await eventually(() => expect(packed()).toHaveLength(2));
  });

  it('delivers an event without headers if its headers cannot be parsed', async () => {
    const broken = headers();
    // A client with its own protocol code may send such headers.
    (broken as unknown as { headers: Map<string, string[]> }).headers.set('bad name', ['1']);
    const body = JSON.stringify({ orderId: 'unparsed', amount: 1 });
    system.transport.client.publish('events.order.placed', body, { headers: broken });
    await system.transport.stored('FAILURES', 'failed.packing.order.placed', 1);

    await system.replays.replayChannel({ processor: 'packing', event: 'order.placed', since }, WHO);

    await eventually(() => expect(packed()).toContain('packing unparsed'));
  });

  it('refuses a processor that does not consume the event', async () => {
    const refused = [
      [
        { processor: 'no-such', event: 'order.placed' },
        /'no-such' does not consume order\.placed.*billing, packing/,
      ],
      [
        { processor: 'packing', event: 'order.lost' },
        /'packing' does not consume order\.lost.*No processor does/,
      ],
    ] as const;
    for (const [selection, message] of refused) {
      await expect(system.replays.planChannel(selection)).rejects.toThrow(message);
      await expect(system.replays.replayChannel(selection, WHO)).rejects.toThrow(message);
    }
  });

  it.each([0, -1, NaN])('refuses a rate of %d, and invalid times', async (rate) => {
    const audits = await system.transport.read('EVENTS', 'events.replay.requested');
    const selection = { processor: 'packing', event: 'order.placed' };
    const never = new Date('never');
    for (const attempt of [
      system.replays.replayChannel(selection, { ...WHO, rate }),
      system.replays.replayFailures({}, { ...WHO, rate }),
      system.replays.replayChannel({ ...selection, until: never }, WHO),
      system.replays.replayFailures({ until: never }, WHO),
      system.replays.plan({ since: never }),
    ])
      await expect(attempt).rejects.toMatchObject({ name: 'InvalidReplayError' });
    expect(await system.transport.read('EVENTS', 'events.replay.requested')).toHaveLength(audits.length);
  });
});

it('A replay can take the channel of a processor that consumes failures', async () => {
  const transport = await new Transport().start();
  const told: EventFailed[] = [];

  @Controller()
  class Charging {
    @Consumes(OrderPlaced, { processor: 'charging' })
    charge(): void {
      throw new UnrecoverableError('no funds');
    }

    @ConsumesFailure(OrderPlaced, { of: 'charging', processor: 'dunning' })
    remind(@Payload() failure: EventFailed): void {
      told.push(failure);
    }
  }

  try {
    const replays = (await transport.run({ controllers: [Charging] })).get(Replays, { strict: false });
    transport.publish('events.order.placed', { orderId: 'poor', amount: 1 });
    await eventually(() => expect(told).toHaveLength(1));
    const selection = { processor: 'dunning', event: 'event.failed' };
    expect(await replays.planChannel(selection)).toEqual({ total: 1 });

    await replays.replayChannel(selection, WHO);

    await eventually(() => expect(told).toHaveLength(2));
    expect(told[1]).toEqual(told[0]);
  } finally {
    await transport.stop();
  }
});
