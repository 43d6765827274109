import { Consumes, type EventContext, type EventFailed, Replays } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

/** Returns the same processor under the given name. */
const named = (processor: string, formerly: string[], handled: string[]): Type => {
  @Controller()
  class Clerk {
    @Consumes(OrderPlaced, { processor, formerly, publishes: [OrderConfirmed], attempts: 2, backoff: 3_000 })
    handle(@Payload() { orderId }: OrderPlaced, @Ctx() { attempt }: EventContext): OrderConfirmed {
      handled.push(orderId);
      if (orderId.startsWith('fails')) throw new Error(`${orderId} at attempt ${attempt}`);
      return new OrderConfirmed({ orderId });
    }
  }
  return Clerk;
};

describe('a processor that was renamed', () => {
  const transport = useTransport();

  const place = (orderId: string) => transport.publish('events.order.placed', { orderId, amount: 1 });
  const settled = (processor: string) => transport.settled(processor, 10_000);

  it('continues after the events that it has settled under its former name', async () => {
    const handled: string[] = [];
    await transport.run({ controllers: [named('first', [], handled)] });
    for (const orderId of ['a', 'b', 'c']) place(orderId);
    await transport.stored('EVENTS', 'events.order.confirmed', 3);
    await settled('first');
    await transport.closeApplications();
    place('d');
    await transport.stored('EVENTS', 'events.order.placed', 4);

    await transport.run({ controllers: [named('second', ['first'], handled)] });
    place('e');

    await transport.stored('EVENTS', 'events.order.confirmed', 5);
    await settled('second');
    expect(handled).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('publishes the same ids as under its former name, so that both names at the same time duplicate no event', async () => {
    const before = (await transport.read('EVENTS', 'events.order.confirmed')).length;
    await transport.run({ controllers: [named('first', [], [])] });
    await transport.run({ controllers: [named('second', ['first'], [])] });

    place('both');

    await settled('first');
    await settled('second');
    expect(await transport.read('EVENTS', 'events.order.confirmed')).toHaveLength(before + 1);
  });

  it('takes over waiting retries when its former consumers are pruned, and replays of its old failures', async () => {
    const handled: string[] = [];
    await transport.run({ controllers: [named('first', [], handled)] });
    place('fails');
    await eventually(async () =>
      expect(await transport.read('RETRIES', 'retry.first.sch.*')).toHaveLength(1),
    );
    const renamed = named('second', ['first'], handled);
    const inUse = await transport.operate([renamed], (operator) => operator.prune());
    expect(inUse).toEqual([]);
    await transport.closeApplications();
    const application = await transport.run({ controllers: [renamed] });

    const pruned = await transport.operate([renamed], (operator) => operator.prune());

    expect(pruned).toMatchObject([{ processor: 'first', retries: 1, renamedTo: 'second' }]);
    expect(await transport.operate([renamed], (operator) => operator.retired())).toEqual([]);
    const [failure] = await transport.stored('FAILURES', 'failed.second.order.placed', 1, 10_000);
    expect(failure!.json<EventFailed>()).toMatchObject({
      processor: 'second',
      attempts: 2,
      error: { message: 'fails at attempt 2' },
    });
    handled.length = 0;
    const replays = application.get(Replays, { strict: false });
    await replays.replayFailures({ processor: 'second' }, { by: 'spec', reason: 'renamed' });
    await eventually(() => expect(handled).toEqual(['fails']));
  });

  it('gets replays of failures that it had under its former name', async () => {
    const handled: string[] = [];
    @Controller()
    class Giving {
      @Consumes(OrderPlaced, { processor: 'third', attempts: 1 })
      handle(@Payload() { orderId }: OrderPlaced): void {
        if (orderId === 'fails-old') throw new Error('no');
      }
    }
    await transport.run({ controllers: [Giving] });
    place('fails-old');
    await transport.stored('FAILURES', 'failed.third.order.placed', 1);
    await transport.closeApplications();
    const renamed = named('fourth', ['third'], handled);
    const application = await transport.run({ controllers: [renamed] });
    await transport.operate([renamed], (operator) => operator.prune(['third']));

    const replays = application.get(Replays, { strict: false });
    const { replayed } = await replays.replayFailures(
      { processor: 'third' },
      { by: 'spec', reason: 'renamed' },
    );

    expect(replayed).toBe(1);
    await eventually(() => expect(handled).toEqual(['fails-old']));
    const states = await transport.stored('FAILURES', 'failure-state.third.*', 2);
    expect(states.at(-1)!.json()).toMatchObject({ state: 'failed-again' });
  });

  it('that is rolled back handles the events that its new name has handled, and each next event is stored once', async () => {
    const [v1, v2]: [string[], string[]] = [[], []];
    const own = (handled: string[]) => handled.filter((orderId) => orderId.startsWith('back-'));
    const confirmed = async () =>
      (await transport.read('EVENTS', 'events.order.confirmed'))
        .map((message) => message.json<OrderConfirmed>().orderId)
        .filter((orderId) => orderId.startsWith('back-'));
    const placeAndStore = async (orderId: string) => {
      const { length } = await transport.read('EVENTS', 'events.order.placed');
      place(orderId);
      await transport.stored('EVENTS', 'events.order.placed', length + 1);
    };
    const runUntilSettled = async (processor: string, version: Type) => {
      await transport.run({ controllers: [version] });
      await settled(processor);
      await transport.closeApplications();
    };
    const old = named('fifth', [], v1);
    const renamed = named('sixth', ['fifth'], v2);

    await placeAndStore('back-1');
    await runUntilSettled('fifth', old);
    await placeAndStore('back-2');
    await runUntilSettled('sixth', renamed);
    expect([own(v1), own(v2)]).toEqual([['back-1'], ['back-2']]);

    await placeAndStore('back-3');
    await runUntilSettled('fifth', old);
    expect(own(v1)).toEqual(['back-1', 'back-2', 'back-3']);
    await runUntilSettled('sixth', renamed);
    expect(own(v2)).toEqual(['back-2', 'back-3']);

    v1.length = 0;
    await transport.operate([renamed], (operator) => operator.prune(['fifth']));
    await runUntilSettled('fifth', old);
    expect(own(v1)).toEqual(['back-1', 'back-2', 'back-3']);
    expect(await confirmed()).toEqual(['back-1', 'back-2', 'back-3']);
  });

  it.each([
    ['name of another', named('clerk', [], []), named('teller', ['clerk'], [])],
    ['former name of another', named('cashier', ['clerk'], []), named('teller', ['clerk'], [])],
  ])(
    'is refused with a former name that is the %s, because both would derive the same ids',
    async (_, ...controllers) => {
      await expect(transport.run({ controllers })).rejects.toThrow(
        /^Processors '\w+' and 'teller' both have or had the name 'clerk'/,
      );
    },
  );
});
