import {
  archivedFailure,
  FailureRemoval,
  FailureRestore,
  JetStreamConnection,
  readArchivedFailure,
  removedFailureOf,
  type ArchivedFailure,
  type RemovalSelection,
  type RemovedFailure,
} from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useReplaying, WHO } from './replaying.js';

describe('failures that are removed', () => {
  const system = useReplaying();
  let connection: JetStreamConnection;
  let removal: FailureRemoval;

  beforeAll(async () => {
    const application = await system.transport.run({}, { source: 'operator' });
    connection = application.get(JetStreamConnection, { strict: false });
    removal = new FailureRemoval(connection, system.transport.publisherOf(application), system.archive);
  });

  const selected = async (selection: RemovalSelection): Promise<RemovedFailure[]> => {
    const found: RemovedFailure[] = [];
    for await (const stored of removal.select(selection)) found.push(removedFailureOf(stored));
    return found;
  };
  const remove = async (selection: RemovalSelection, who = WHO) =>
    removal.remove(await selected(selection), selection, who);
  const stored = (subject: string) => system.transport.read('FAILURES', subject);

  /** Creates one failure of each state. The failure that failed again has a newer failure, which is open. */
  async function oneOfEach(prefix: string) {
    const names = ['open', 'handled', 'again', 'requested'].map((state) => `${prefix}-${state}`);
    const failures = await system.fail(names);
    const idOf = (name: string) =>
      failures.find(({ failure }) => failure.original.eventId === `${prefix}-${name}`)!.id;
    await system.replays.replayFailures({ failureIds: [idOf('again')] }, WHO);
    const again = await system.until(idOf('again'), 'failed-again');
    system.repair();
    await system.replays.replayFailures({ failureIds: [idOf('handled')] }, WHO);
    await system.until(idOf('handled'), 'handled');
    let open: () => void = () => undefined;
    system.billing.gate = new Promise((resolve) => (open = resolve));
    await system.replays.replayFailures({ failureIds: [idOf('requested')] }, WHO);
    await system.until(idOf('requested'), 'requested');
    return { idOf, newer: again.state!.failedAgainAs!, answer: open };
  }

  it('are closed failures unless a state is named; their states are removed too, and an audit event is stored', async () => {
    const { idOf, newer, answer } = await oneOfEach('one');
    const selection = { processor: 'billing' };
    const plan = await removal.plan(selection);
    expect(plan).toMatchObject({ total: 2, left: 3 });
    expect(plan.groups.map(({ state, count }) => [state, count])).toEqual([
      ['handled', 1],
      ['failed-again', 1],
    ]);

    const result = await remove(selection);

    expect(result).toMatchObject({ total: 2, removed: 2, skipped: 0, stopped: false, bytes: plan.bytes });
    const audit = (await system.transport.read('EVENTS', 'events.failures.removed')).at(-1)!;
    expect(audit.json()).toMatchObject({
      ...WHO,
      removalId: result.removalId,
      selection,
      count: 2,
      bytes: plan.bytes,
    });
    const left = (await system.list()).map(({ id }) => id).sort();
    expect(left).toEqual([idOf('open'), idOf('requested'), newer].sort());
    for (const name of ['handled', 'again'])
      expect(await stored(`failure-state.*.${idOf(name)}`)).toEqual([]);
    expect(await stored(`failure-state.billing.${idOf('requested')}`)).toHaveLength(1);

    answer();
    await system.until(idOf('requested'), 'handled');
    expect(await remove({ ...selection, state: 'open' })).toMatchObject({ removed: 2 });
    expect(await remove({ ...selection, error: 'Other' })).toMatchObject({ total: 0, removed: 0 });
    expect((await system.list()).map(({ id }) => id)).toEqual([idOf('requested')]);
  });

  it('stay if their state has changed since they were selected', async () => {
    const [failure] = await system.fail(['meanwhile']);
    const selection = { failureIds: [failure!.id], state: 'open' as const };
    const failures = await selected(selection);
    system.repair();
    await system.replays.replayFailures({ failureIds: [failure!.id] }, WHO);
    await system.until(failure!.id, 'handled');

    expect(await removal.remove(failures, selection, WHO)).toMatchObject({ removed: 0, skipped: 1 });
    expect(await system.list(selection)).toHaveLength(1);
    const again = await selected({ failureIds: [failure!.id] });
    expect(await removal.remove(again, selection, WHO)).toMatchObject({ removed: 1 });
    expect(await removal.remove(again, selection, WHO)).toMatchObject({ removed: 0, skipped: 1 });
  });

  it('are kept if the audit event is not stored', async () => {
    const [failure] = await system.fail(['unaudited']);
    const selection = { failureIds: [failure!.id], state: 'open' as const };
    await expect(remove(selection, { by: 'ann', reason: '' })).rejects.toMatchObject({
      name: 'RemovalNotRecordedError',
      message: expect.stringContaining('reason'),
    });
    expect(await system.list(selection)).toHaveLength(1);
  });

  it('stay if the removal stops before it reaches them', async () => {
    const failures = await system.fail(['first', 'second', 'third']);
    const selection = { failureIds: failures.map(({ id }) => id), state: 'open' as const };
    const stopping = new AbortController();
    const options = { ...WHO, signal: stopping.signal, onProgress: () => stopping.abort() };
    expect(await removal.remove(await selected(selection), selection, options)).toMatchObject({
      total: 3,
      removed: 1,
      stopped: true,
    });
    expect(await system.list(selection)).toHaveLength(2);
  });

  describe('and archived before', () => {
    async function archive(selection: RemovalSelection): Promise<ArchivedFailure[]> {
      const lines: string[] = [];
      for await (const each of removal.select(selection))
        lines.push(JSON.stringify(await archivedFailure(connection, system.archive, each)));
      return Promise.all(lines.map(async (line) => (await readArchivedFailure(line))!));
    }
    async function* each(archived: ArchivedFailure[]) {
      yield* archived;
    }
    const restore = (archived: ArchivedFailure[]) => new FailureRestore(connection).restore(each(archived));

    it('can be restored unchanged with their states, and no failure is restored twice', async () => {
      const { idOf, answer } = await oneOfEach('back');
      answer();
      await system.until(idOf('requested'), 'handled');
      const selection = { failureIds: ['open', 'handled', 'again', 'requested'].map(idOf) };
      const before = await system.list(selection);
      const archived = [...(await archive(selection)), ...(await archive({ ...selection, state: 'open' }))];
      expect(archived).toHaveLength(4);
      await remove(selection);
      await remove({ ...selection, state: 'open' });
      expect(await system.list(selection)).toEqual([]);

      // The broker still remembers the ids of the removed messages.
      for (let time = 0; time < 2; time++) {
        expect(await restore(archived)).toEqual({ restored: 4, skipped: 0, stopped: false });
        expect(await restore(archived)).toEqual({ restored: 0, skipped: 4, stopped: false });
        const known = ({ id, failure, state, correlationId, event }: (typeof before)[number]) => [
          ...[id, failure, state, correlationId, event],
        ];
        const after = await system.list(selection);
        expect(after.map(known)).toEqual(
          expect.arrayContaining(before.map((failure) => expect.arrayContaining(known(failure)))),
        );
        expect(after).toHaveLength(4);
        if (time === 0)
          for (const state of ['open', undefined] as const)
            await remove({ ...selection, ...(state ? { state } : {}) });
      }

      const some = { failureIds: [idOf('open'), idOf('handled')] };
      expect(await system.replays.replayFailures(some, WHO)).toMatchObject({ replayed: 1, skipped: 1 });
      await system.until(idOf('open'), 'handled');
    });

    it('can be restored with an original that is no longer stored', async () => {
      system.transport.publish('events.order.placed', 'x'.repeat(20_000), {
        'ce-id': 'large',
        'x-mine': 'here',
      });
      const [failure] = await eventually(async () => {
        const found = await system.list({ processor: 'billing', error: 'InvalidEventError' });
        expect(found).toHaveLength(1);
        return found;
      });
      const selection = { failureIds: [failure!.id], state: 'open' as const };
      const archived = await archive(selection);
      await remove(selection);
      expect(await restore(archived)).toMatchObject({ restored: 1 });
      expect((await system.find(failure!.id)).failure.original.body).toBeUndefined();

      await remove(selection);
      const { streams } = await jetstreamManager(system.transport.client);
      await streams.deleteMessage('EVENTS', failure!.failure.original.sequence);
      expect(await restore(archived)).toMatchObject({ restored: 1 });
      const whole = await system.archive.original((await system.find(failure!.id)).failure);
      expect(Buffer.from(whole.body).toString()).toBe('x'.repeat(20_000));
      expect(whole.headers['x-mine']).toEqual(['here']);
    });

    it('are read only from a valid archive', async () => {
      await system.fail(['one-line']);
      const [archived] = await archive({ processor: 'billing', state: 'open' });
      const wrong: object[] = [
        { ...archived, id: 'another' },
        { ...archived, subject: 'events.order.placed' },
        { ...archived, headers: { 'ce-id': 'x' } },
        { ...archived, failure: {} },
        { ...archived, state: { state: 'handled', failureId: archived!.id, at: 'never', replayId: 'r' } },
        {
          ...archived,
          state: { state: 'handled', failureId: 'x', at: '2026-01-01T00:00:00Z', replayId: 'r' },
        },
        { ...archived, original: { subject: 'x' } },
        [],
      ];
      expect(await readArchivedFailure(JSON.stringify(archived))).toEqual(archived);
      for (const line of ['', 'null', '{', ...wrong.map((each) => JSON.stringify(each))])
        expect([line, await readArchivedFailure(line)]).toEqual([line, undefined]);
    });
  });
});
