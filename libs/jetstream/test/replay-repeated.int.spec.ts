import { PublishDeniedError } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { describe, expect, it } from '@jest/globals';
import { useReplaying, WHO } from './replaying.js';

describe('a replay of failures that were replayed before', () => {
  const system = useReplaying();

  async function failTwice(orderId: string): Promise<{ older: string; newer: string }> {
    const [failure] = await system.fail([orderId]);
    await system.replays.replayFailures({ failureIds: [failure!.id] }, WHO);
    const { state } = await system.until(failure!.id, 'failed-again');
    return { older: failure!.id, newer: state!.failedAgainAs! };
  }

  it('takes only the newer failure of an event that failed again', async () => {
    const { older, newer } = await failTwice('newer');
    system.repair();
    const selection = { processor: 'billing', event: 'order.placed' };
    expect(await system.replays.plan(selection)).toMatchObject({ total: 2, skipped: 1 });

    const result = await system.replays.replayFailures(selection, WHO);

    expect(result).toMatchObject({ total: 2, replayed: 1, skipped: 1 });
    await system.until(newer, 'handled');
    expect((await system.find(older)).state).toMatchObject({ state: 'failed-again', failedAgainAs: newer });
    expect(system.billed).toEqual(['newer']);
    expect(await system.replays.plan(selection)).toMatchObject({ total: 2, skipped: 2 });
  });

  it('takes the older failure if it is named, and the newer failure if both failures are named', async () => {
    const { older, newer } = await failTwice('older');

    expect(await system.replays.replayFailures({ failureIds: [older] }, WHO)).toMatchObject({ replayed: 1 });
    await eventually(async () => expect((await system.find(older)).state?.failedAgainAs).not.toBe(newer));
    const { failedAgainAs: newest } = (await system.find(older)).state!;

    system.repair();
    const both = { failureIds: [older, newest!] };
    expect(await system.replays.replayFailures(both, WHO)).toMatchObject({ replayed: 1, skipped: 1 });
    await system.until(newest!, 'handled');
    expect(system.billed).toEqual(['older']);
  });

  it('takes failures that an interrupted replay had not handed over', async () => {
    const [failure] = await system.fail(['stranded']);
    const selection = { failureIds: [failure!.id] };
    const interrupted = await system.replaysAs('cannot-hand');
    await expect(interrupted.replayFailures(selection, WHO)).rejects.toThrow(PublishDeniedError);
    system.repair();

    expect(await system.replays.replayFailures(selection, WHO)).toMatchObject({ replayed: 1, skipped: 0 });

    await system.until(failure!.id, 'handled');
    expect(system.billed).toEqual(['stranded']);
  });

  it('skips failures that an interrupted replay had handed over, and names that replay', async () => {
    const [failure] = await system.fail(['unmarked']);
    const selection = { failureIds: [failure!.id] };
    system.repair();
    let open: () => void = () => undefined;
    system.billing.gate = new Promise((resolve) => (open = resolve));
    const interrupted = await system.replaysAs('cannot-mark');
    await expect(interrupted.replayFailures(selection, WHO)).rejects.toThrow(PublishDeniedError);
    await eventually(() => expect(system.billed).toEqual(['unmarked']));
    expect((await system.find(failure!.id)).state).toBeUndefined();

    expect(await system.replays.replayFailures(selection, WHO)).toMatchObject({ replayed: 0, skipped: 1 });

    const { replayId } = system.billing.handled[0]!.context;
    expect((await system.find(failure!.id)).state).toMatchObject({ state: 'requested', replayId });
    open();
    await system.until(failure!.id, 'handled');
    expect(system.billed).toEqual(['unmarked']);
  });

  it('hands a failure over again on request if its replay has no result yet', async () => {
    const [failure] = await system.fail(['again']);
    const selection = { failureIds: [failure!.id] };
    system.repair();
    let open: () => void = () => undefined;
    system.billing.gate = new Promise((resolve) => (open = resolve));
    await system.replays.replayFailures(selection, WHO);

    expect(await system.replays.replayFailures(selection, WHO)).toMatchObject({ replayed: 0, skipped: 1 });
    expect(await system.replays.replayFailures(selection, { ...WHO, again: true })).toMatchObject({
      replayed: 1,
      skipped: 0,
    });

    await eventually(() => expect(system.billed).toEqual(['again', 'again']));
    open();
    await system.until(failure!.id, 'handled');
  });
});
