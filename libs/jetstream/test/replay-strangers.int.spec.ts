import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Replaying, WHO } from './replaying.js';

describe('a replay among messages that cannot be replayed', () => {
  let system: Replaying;

  beforeAll(async () => {
    system = await Replaying.start();
  });
  beforeEach(() => system.breakBilling());
  afterAll(() => system.stop());

  /** A failure event as a stranger may write one; it breaks no rule of the contract of failure events. */
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

  it('leaves out what is no failure event, or no state of one', async () => {
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
        transport.publish(`failure-state.${id}`, state);
    }
    await transport.client.flush();
    system.mend();

    expect((await system.list()).map(({ id }) => id)).toEqual([failure!.id]);
    expect(await system.replays.plan({})).toMatchObject({ total: 1, skipped: 0 });
    expect(await system.replays.replayFailures({}, WHO)).toMatchObject({ total: 1, replayed: 1 });
    await system.until(failure!.id, 'handled');
  });
});
