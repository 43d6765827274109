import {
  Consumes,
  EventContext,
  FailureArchive,
  OriginalGoneError,
  ReplayRequested,
  Replays,
  UnrecoverableError,
  type StoredFailure,
} from '@app/jetstream';
import { eventually } from '@app/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { Transport } from './transport.js';

class CardDeclined extends UnrecoverableError {}

describe('a replay', () => {
  let transport: Transport;
  let replays: Replays;
  let archive: FailureArchive;
  let broken = true;
  const handled: { processor: string; orderId: string; context: EventContext }[] = [];

  @Controller()
  class Billing {
    @Consumes(OrderPlaced, { processor: 'billing', publishes: [OrderConfirmed], attempts: 1, pause: false })
    bill(@Payload() event: OrderPlaced, @Ctx() context: EventContext): OrderConfirmed {
      if (broken && event.note === 'declined') throw new CardDeclined('no funds');
      if (broken && event.note === 'odd') throw new RangeError('odd');
      handled.push({ processor: 'billing', orderId: event.orderId, context });
      return new OrderConfirmed({ orderId: event.orderId });
    }

    @Consumes(OrderPlaced, { processor: 'packing' })
    pack(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
      handled.push({ processor: 'packing', orderId: event.orderId, context });
    }
  }

  beforeAll(async () => {
    transport = await Transport.start();
    const application = await transport.run({ controllers: [Billing] });
    replays = application.get(Replays, { strict: false });
    archive = application.get(FailureArchive, { strict: false });
  });
  beforeEach(() => {
    broken = true;
    handled.length = 0;
  });
  afterAll(() => transport.stop());

  const who = { by: 'ann', reason: 'the bank is back' };
  const list = async (selection = {}): Promise<StoredFailure[]> => {
    const failures: StoredFailure[] = [];
    for await (const failure of archive.list(selection)) failures.push(failure);
    return failures;
  };
  const fail = async (orderIds: string[], note = 'declined'): Promise<StoredFailure[]> => {
    for (const orderId of orderIds) {
      transport.publish(
        'events.order.placed',
        { orderId, amount: 1, note },
        { 'ce-id': orderId, 'ce-correlationid': `flow-${orderId}` },
      );
    }
    const failed = await eventually(async () => {
      const found = (await list()).filter(({ failure }) => orderIds.includes(failure.original.eventId));
      if (found.length < orderIds.length) throw new Error(`${found.length} of ${orderIds.length} failed`);
      return found;
    });
    // The sibling has had them as well; from here on it must see none of them again.
    await eventually(() =>
      expect(handled.filter(({ processor }) => processor === 'packing')).toHaveLength(orderIds.length),
    );
    handled.length = 0;
    return failed;
  };
  const stateOf = async (id: string) => (await list({ failureIds: [id] }))[0]!.state;

  it('hands one failure to its processor alone, in its flow, and marks it handled when it succeeded', async () => {
    const [failure] = await fail(['one']);
    broken = false;

    const result = await replays.replayFailures({ failureIds: [failure!.id] }, who);

    expect(result).toMatchObject({ total: 1, replayed: 1, skipped: 0, stopped: false });
    await eventually(async () => expect((await stateOf(failure!.id))?.state).toBe('handled'));
    expect(handled).toHaveLength(1);
    expect(handled[0]).toMatchObject({
      processor: 'billing',
      orderId: 'one',
      context: {
        eventId: 'one',
        correlationId: 'flow-one',
        subject: 'events.order.placed',
        attempt: 1,
        replayId: result.replayId,
        failureId: failure!.id,
      },
    });
    const confirmed = await transport.read('EVENTS', 'events.order.confirmed');
    expect(confirmed.at(-1)!.header.get('ce-causationid')).toBe('one');
    expect(await list({ failureIds: [failure!.id] })).toHaveLength(1);
    // A handled failure is not replayed again.
    expect(await replays.replayFailures({ failureIds: [failure!.id] }, who)).toMatchObject({
      replayed: 0,
      skipped: 1,
    });
  });

  it('marks a failure as failed again, and names the newer failure event, which can be replayed in its turn', async () => {
    const [failure] = await fail(['again']);
    await replays.replayFailures({ failureIds: [failure!.id] }, who);

    const state = await eventually(async () => {
      const found = await stateOf(failure!.id);
      expect(found?.state).toBe('failed-again');
      return found!;
    });
    const [newer] = await list({ failureIds: [state.failedAgainAs!] });
    expect(newer!.failure.original).toMatchObject({ ...failure!.failure.original, eventId: 'again' });

    broken = false;
    await replays.replayFailures({ failureIds: [newer!.id] }, who);
    await eventually(async () => expect((await stateOf(newer!.id))?.state).toBe('handled'));
  });

  it('leaves an audit event, before anything else, with who, why, what and how many', async () => {
    await fail(['audited']);
    broken = false;
    const { replayId } = await replays.replayFailures(
      { processor: 'billing', event: 'order.placed', error: 'CardDeclined' },
      who,
    );

    const audit = (await transport.read('EVENTS', 'events.replay.requested')).at(-1)!;
    expect(audit.json<ReplayRequested>()).toMatchObject({
      replayId,
      by: 'ann',
      reason: 'the bank is back',
      of: 'failures',
      selection: { processor: 'billing', event: 'order.placed', error: 'CardDeclined' },
      count: expect.any(Number),
    });
    const replayed = (await transport.read('EVENTS', 'replay.billing.order.placed')).at(-1)!;
    expect(replayed.seq).toBeGreaterThan(audit.seq);
    await expect(replays.replayFailures({}, { by: '', reason: '' })).rejects.toThrow(/by.*reason/s);
  });

  it('takes what a filter selects, as the dry run has said, and changes nothing in a dry run', async () => {
    await fail(['declined-1', 'declined-2']);
    await fail(['odd-1'], 'odd');
    const selection = { processor: 'billing', event: 'order.placed', error: 'RangeError' };

    const plan = await replays.plan(selection);
    expect(plan).toEqual({
      total: 1,
      skipped: 0,
      groups: [{ processor: 'billing', event: 'order.placed', error: 'RangeError', count: 1 }],
    });
    expect(handled).toEqual([]);

    broken = false;
    await replays.replayFailures(selection, who);
    await eventually(() => expect(handled.map(({ orderId }) => orderId)).toEqual(['odd-1']));
    expect((await replays.plan({ error: 'CardDeclined' })).groups[0]!.count).toBeGreaterThanOrEqual(2);
  });

  it('is made once of two that are asked for at once', async () => {
    const failures = await fail(['twice-1', 'twice-2', 'twice-3']);
    broken = false;
    const failureIds = failures.map(({ id }) => id);

    const results = await Promise.all([
      replays.replayFailures({ failureIds }, { ...who, by: 'ann' }),
      replays.replayFailures({ failureIds }, { ...who, by: 'bob' }),
    ]);

    expect(results[0].replayed + results[1].replayed).toBe(3);
    expect(results[0].skipped + results[1].skipped).toBe(3);
    await eventually(async () => {
      for (const id of failureIds) expect((await stateOf(id))?.state).toBe('handled');
    });
    expect(handled.map(({ orderId }) => orderId).sort()).toEqual(['twice-1', 'twice-2', 'twice-3']);
  });

  it('keeps to its rate, tells its progress and stops when it is told to', async () => {
    const failures = await fail(Array.from({ length: 8 }, (_, number) => `rate-${number}`));
    broken = false;
    const failureIds = failures.map(({ id }) => id);
    const stop = new AbortController();
    const seen: number[] = [];
    const begun = Date.now();

    const result = await replays.replayFailures(
      { failureIds },
      {
        ...who,
        rate: 20,
        signal: stop.signal,
        onProgress: ({ replayed, total }) => {
          expect(total).toBe(8);
          seen.push(replayed);
          if (replayed === 5) stop.abort();
        },
      },
    );

    expect(result).toMatchObject({ replayed: 5, stopped: true });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(4 * 50);
    await replays.replayFailures({ failureIds }, who);
    await eventually(() => expect(handled).toHaveLength(8));
  });

  it('takes a time range of a channel for one processor, also what it has handled before', async () => {
    const since = new Date();
    for (const orderId of ['range-1', 'range-2'])
      transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': orderId });
    await eventually(() => expect(handled).toHaveLength(4));
    handled.length = 0;
    const selection = { processor: 'packing', event: 'order.placed', since };
    expect(await replays.planChannel(selection)).toEqual({ total: 2 });

    const result = await replays.replayChannel(selection, who);

    expect(result).toMatchObject({ total: 2, replayed: 2 });
    await eventually(() => expect(handled).toHaveLength(2));
    expect(handled.map(({ processor, orderId }) => `${processor} ${orderId}`)).toEqual([
      'packing range-1',
      'packing range-2',
    ]);
    expect(handled[0]!.context).toMatchObject({
      eventId: 'range-1',
      replayId: result.replayId,
      failureId: undefined,
    });
  });

  it('reads the whole original also where the failure event could not carry it', async () => {
    const body = Buffer.alloc(1_048_576, 'x');
    transport.client.publish('events.order.placed', body);
    const large = await eventually(async () => {
      const found = (await list()).find(
        ({ failure }) => failure.processor === 'billing' && failure.original.size === body.length,
      );
      if (!found) throw new Error('not failed yet');
      return found;
    });
    expect(large.failure.original.body).toBeUndefined();
    const original = await archive.original(large.failure);
    expect(original.subject).toBe('events.order.placed');
    expect(Buffer.compare(original.body, body)).toBe(0);

    const manager = await jetstreamManager(transport.client);
    await manager.streams.deleteMessage('EVENTS', large.failure.original.sequence);
    await expect(archive.original(large.failure)).rejects.toThrow(OriginalGoneError);
    const result = await replays.replayFailures({ failureIds: [large.id] }, who);
    expect(result).toMatchObject({ total: 1, replayed: 0, skipped: 1 });
  });
});
