import { OriginalGoneError, type ReplayRequested } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { useReplaying, WHO } from './replaying.js';

describe('a replay', () => {
  const system = useReplaying();

  it('hands one failure only to its processor, in its flow, and marks the failure as handled after a success', async () => {
    const [failure] = await system.fail(['one']);
    system.repair();

    const result = await system.replays.replayFailures({ failureIds: [failure!.id] }, WHO);

    expect(result).toMatchObject({ total: 1, replayed: 1, skipped: 0, stopped: false });
    await system.until(failure!.id, 'handled');
    expect(system.billing.handled).toHaveLength(1);
    expect(system.billing.handled[0]).toMatchObject({
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
    const confirmed = await system.transport.read('EVENTS', 'events.order.confirmed');
    expect(confirmed.at(-1)!.header.get('ce-causationid')).toBe('one');
    expect(await system.list({ failureIds: [failure!.id] })).toHaveLength(1);
    // A handled failure is not replayed again.
    expect(await system.replays.replayFailures({ failureIds: [failure!.id] }, WHO)).toMatchObject({
      replayed: 0,
      skipped: 1,
    });
  });

  it('marks a failure as failed again, and names the newer failure, which can be replayed too', async () => {
    const [failure] = await system.fail(['again']);
    await system.replays.replayFailures({ failureIds: [failure!.id] }, WHO);

    const { state } = await system.until(failure!.id, 'failed-again');
    const [newer] = await system.list({ failureIds: [state!.failedAgainAs!] });
    expect(newer!.failure.original).toMatchObject({ ...failure!.failure.original, eventId: 'again' });

    system.repair();
    await system.replays.replayFailures({ failureIds: [newer!.id] }, WHO);
    await system.until(newer!.id, 'handled');
  });

  it('first stores an audit event with the operator, reason, selection and number', async () => {
    await system.fail(['audited']);
    system.repair();
    const { replayId } = await system.replays.replayFailures(
      { processor: 'billing', event: 'order.placed', error: 'CardDeclined' },
      WHO,
    );

    const audit = (await system.transport.read('EVENTS', 'events.replay.requested')).at(-1)!;
    expect(audit.json<ReplayRequested>()).toMatchObject({
      replayId,
      by: 'ann',
      reason: 'the bank is back',
      of: 'failures',
      selection: { processor: 'billing', event: 'order.placed', error: 'CardDeclined' },
      count: expect.any(Number),
    });
    const replayed = (await system.transport.read('EVENTS', 'replay.billing.order.placed')).at(-1)!;
    expect(replayed.seq).toBeGreaterThan(audit.seq);
    await expect(system.replays.replayFailures({}, { by: '', reason: '' })).rejects.toThrow(/by.*reason/s);
  });

  it('takes the failures of a filter, as the dry run has reported, and changes nothing in a dry run', async () => {
    await system.fail(['declined-1', 'declined-2']);
    await system.fail(['odd-1'], 'odd');
    const selection = { processor: 'billing', event: 'order.placed', error: 'RangeError' };

    const plan = await system.replays.plan(selection);
    expect(plan).toEqual({
      total: 1,
      skipped: 0,
      groups: [{ processor: 'billing', event: 'order.placed', error: 'RangeError', count: 1 }],
    });
    expect(system.billing.handled).toEqual([]);

    system.repair();
    await system.replays.replayFailures(selection, WHO);
    await eventually(() => expect(system.billing.handled.map(({ orderId }) => orderId)).toEqual(['odd-1']));
    expect((await system.replays.plan({ error: 'CardDeclined' })).groups[0]!.count).toBeGreaterThanOrEqual(2);
  });

  it('hands a failure over once if two replays are requested at the same time', async () => {
    const failures = await system.fail(['twice-1', 'twice-2', 'twice-3']);
    system.repair();
    const failureIds = failures.map(({ id }) => id);

    const results = await Promise.all([
      system.replays.replayFailures({ failureIds }, { ...WHO, by: 'ann' }),
      system.replays.replayFailures({ failureIds }, { ...WHO, by: 'bob' }),
    ]);

    expect(results[0].replayed + results[1].replayed).toBe(3);
    expect(results[0].skipped + results[1].skipped).toBe(3);
    for (const id of failureIds) await system.until(id, 'handled');
    expect(system.billing.handled.map(({ orderId }) => orderId).sort()).toEqual([
      'twice-1',
      'twice-2',
      'twice-3',
    ]);
  });

  it('keeps to its rate, reports its progress and stops on request', async () => {
    const failures = await system.fail(Array.from({ length: 8 }, (_, number) => `rate-${number}`));
    system.repair();
    const failureIds = failures.map(({ id }) => id);
    const stop = new AbortController();
    const seen: number[] = [];
    const begun = Date.now();

    const result = await system.replays.replayFailures(
      { failureIds },
      {
        ...WHO,
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
    await system.replays.replayFailures({ failureIds }, WHO);
    await eventually(() => expect(system.billing.handled).toHaveLength(8));
  });

  it('reads the whole original even if the failure event could not carry it', async () => {
    const body = Buffer.alloc(1_048_576, 'x');
    system.transport.client.publish('events.order.placed', body);
    const large = await eventually(async () => {
      const found = (await system.list()).find(
        ({ failure }) => failure.processor === 'billing' && failure.original.size === body.length,
      );
      if (!found) throw new Error('not failed yet');
      return found;
    });
    expect(large.failure.original.body).toBeUndefined();
    const original = await system.archive.original(large.failure);
    expect(original.subject).toBe('events.order.placed');
    expect(Buffer.compare(original.body, body)).toBe(0);

    const manager = await jetstreamManager(system.transport.client);
    await manager.streams.deleteMessage('EVENTS', large.failure.original.sequence);
    await expect(system.archive.original(large.failure)).rejects.toThrow(OriginalGoneError);
    const result = await system.replays.replayFailures({ failureIds: [large.id] }, WHO);
    expect(result).toMatchObject({ total: 1, replayed: 0, skipped: 1 });
  });
});
