import { eventually } from '@cascade/testing';
import { describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { useReplaying, WHO } from './replaying.js';

describe('a replay among messages that cannot be replayed', () => {
  const system = useReplaying();

  /** Returns a failure event as a stranger may write it. The event satisfies the contract of failure events. */
  const forged = (original: object) => ({
    processor: 'billing',
    reason: 'unrecoverable',
    attempts: 1,
    firstAttemptAt: '2026-01-01T00:00:00Z',
    lastAttemptAt: '2026-01-01T00:00:00Z',
    error: { name: 'Error', message: 'forged' },
    original: { subject: 'events.order.placed', size: 2, ...original },
  });
  const body = { encoding: 'utf-8', data: '{}' };

  it('leaves out messages that are not failure events or failure states', async () => {
    const [failure] = await system.fail(['genuine']);
    const { transport } = system;
    transport.publish('failed.other.order.placed', {});
    transport.publish('failed.other.order.placed', 'garbage');
    transport.publish('failed.billing.order.placed', forged({ stream: 'EVENTS', sequence: 1, eventId: 'x' }));
    const wrong = [
      { stream: 'EVENTS', sequence: 'first', eventId: 'x' },
      { stream: 'a.b', sequence: 1, eventId: 'x' },
      { stream: 'EVENTS', sequence: 1 },
      { stream: 'EVENTS', sequence: 1, eventId: 'x', headers: { a: 'b' }, body },
      { stream: 'EVENTS', sequence: 1, eventId: 'x', headers: {}, body: { encoding: 'rot13', data: '{}' } },
    ];
    for (const [index, original] of wrong.entries())
      transport.publish('failed.billing.order.placed', forged(original), { 'ce-id': `forged-${index}` });
    transport.publish('failed.other.order.placed', forged({ stream: 'EVENTS', sequence: 1, eventId: 'x' }), {
      'ce-id': 'of-another',
    });
    for (const id of ['x', failure!.id]) {
      for (const state of [
        'garbage',
        'null',
        '{}',
        '{"state":"lost","failureId":"a","at":"b","replayId":"c"}',
      ])
        transport.publish(`failure-state.billing.${id}`, state);
    }
    await transport.client.flush();
    system.repair();

    expect((await system.list()).map(({ id }) => id)).toEqual([failure!.id]);
    expect(await system.replays.plan({})).toMatchObject({ total: 1, skipped: 0 });
    expect(await system.replays.replayFailures({}, WHO)).toMatchObject({ total: 1, replayed: 1 });
    await system.until(failure!.id, 'handled');
  });

  it('accepts states of a failure only from its own processor, or from the operator of a replay', async () => {
    const [failure] = await system.fail(['claimed']);
    const { transport } = system;
    const handled = { state: 'handled', at: '2026-01-01T00:00:00Z', replayId: 'forged' };
    transport.publish(`failure-state.packing.${failure!.id}`, { ...handled, failureId: failure!.id });
    transport.publish(`failure-state.billing.${failure!.id}`, { ...handled, failureId: 'of-another' });
    await transport.stored('FAILURES', `failure-state.*.${failure!.id}`, 2);
    const selection = { failureIds: [failure!.id] };
    system.repair();

    expect((await system.find(failure!.id)).state).toBeUndefined();
    expect((await system.archive.find(failure!.id))?.state).toBeUndefined();
    expect(await system.replays.replayFailures(selection, WHO)).toMatchObject({ replayed: 1, skipped: 0 });
    await system.until(failure!.id, 'handled');
  });

  it('skips failures whose original is no longer stored or is refused, and continues with the other failures', async () => {
    const { transport } = system;
    transport.client.publish('events.order.placed', Buffer.alloc(1_048_576, 'x'));
    const gone = await eventually(async () => {
      const found = (await system.list({ processor: 'billing', error: 'InvalidEventError' }))[0];
      if (!found) throw new Error('not failed yet');
      return found;
    });
    const manager = await jetstreamManager(transport.client);
    await manager.streams.deleteMessage('EVENTS', gone.failure.original.sequence);
    const unusable = [
      { stream: 'GONE', sequence: 1, eventId: 'x' },
      { stream: 'EVENTS', sequence: 1, eventId: 'x', headers: { 'a b:': ['c'] }, body },
      { stream: 'EVENTS', sequence: 1, eventId: 'x', headers: { a: ['b'.repeat(70_000)] }, body },
    ];
    for (const [index, original] of unusable.entries())
      transport.publish('failed.billing.order.placed', forged(original), { 'ce-id': `unusable-${index}` });
    const [good] = await system.fail(['good']);
    const selection = { processor: 'billing', since: gone.storedAt };
    system.repair();

    const result = await system.replays.replayFailures(selection, WHO);

    expect(result).toMatchObject({ total: 5, replayed: 1, skipped: 4, stopped: false });
    await system.until(good!.id, 'handled');
    expect((await system.find(gone.id)).state).toBeUndefined();
  });

  it('skips failures of a processor that no longer exists', async () => {
    const [good] = await system.fail(['served']);
    const removed = { ...forged({ stream: 'EVENTS', sequence: 1, eventId: 'x' }), processor: 'removed' };
    system.transport.publish('failed.removed.order.placed', removed, { 'ce-id': 'of-removed' });
    await system.transport.stored('FAILURES', 'failed.removed.>', 1);
    system.repair();
    const selection = { failureIds: [good!.id, 'of-removed'] };

    expect(await system.replays.plan(selection)).toMatchObject({ total: 2, skipped: 1 });
    expect(await system.replays.replayFailures(selection, WHO)).toMatchObject({ replayed: 1, skipped: 1 });
    expect(await system.transport.read('EVENTS', 'replay.removed.>')).toEqual([]);
  });

  it('lists the failure of an event with thousands of headers, and reads the headers from the original', async () => {
    const headers = Object.fromEntries(Array.from({ length: 6_000 }, (_, header) => [`h${header}`, '1']));
    system.transport.publish('events.order.placed', 'no json', { 'ce-id': 'headed', ...headers });
    const failure = await eventually(async () => {
      const found = (await system.list({ processor: 'billing', error: 'InvalidEventError' })).find(
        (each) => each.failure.original.eventId === 'headed',
      );
      if (!found) throw new Error('not listed');
      return found;
    });
    expect(Object.keys((await system.archive.original(failure.failure)).headers)).toHaveLength(6_001);
  });
});
