import type { ReplayResult } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bank } from '../test/orders.js';
import { ShopSystem } from '../test/shop-system.js';
import type { Plan } from './source.js';

const WHY = ['--by', 'ann', '--reason', 'the bank is open'];

describe('cascade replay', () => {
  let shop: ShopSystem;
  let failed = 0;

  beforeAll(async () => {
    shop = await ShopSystem.start();
  });
  beforeEach(async () => {
    for (let number = 0; number < 3; number++) await shop.place(`order-${failed + number}`, 'declined');
    failed += 3;
    await shop.stored('FAILURES', 'failed.billing.order.placed', failed);
    bank.isOpen = true;
  });
  afterEach(() => {
    bank.isOpen = false;
  });
  afterAll(() => shop.stop());

  const open = async () =>
    (await shop.json<{ failures: { id: string }[] }>('failures', 'list', '--state', 'open')).failures;
  const handled = (count: number) =>
    eventually(async () =>
      expect(await shop.json<object>('failures', 'list', '--state', 'handled', '--limit', '1')).toMatchObject(
        { total: count },
      ),
    );

  it('shows in a dry run what it would replay, and replays nothing', async () => {
    const { code, stdout } = await shop.cascade('replay', '--processor', 'billing', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^processor +event +error +failures\nbilling +order\.placed +CardDeclined +3\n\n3 events would be replayed\. Nothing was replayed\.\n$/,
    );
    const plan = await shop.json<Plan>('replay', '--error', 'CardDeclined', '--dry-run');
    expect(plan).toMatchObject({ total: 3, skipped: 0, groups: [{ processor: 'billing', count: 3 }] });
    expect(await open()).toHaveLength(3);

    const one = await shop.json<ReplayResult>('replay', '--failure', (await open())[0]!.id, ...WHY);
    expect(one).toMatchObject({ total: 1, replayed: 1, skipped: 0, stopped: false });
    await handled(1);

    const rest = await shop.cascade('replay', '--all', ...WHY);
    expect(rest).toMatchObject({ code: 0, stderr: '' });
    expect(rest.stdout).toMatch(/^2 of 3 events replayed, 1 skipped\.\nReplay \S+\./);
    await handled(3);
    expect((await shop.cascade('replay', '--all', '--dry-run')).stdout).toContain(
      '0 events would be replayed; 3 more would be skipped: handled, under way, ',
    );
  });

  it('stops at Ctrl-C with the number of replayed events, and replays the rest when called again', async () => {
    const session = shop.session('replay', '--event', 'order.placed', '--rate', '1', ...WHY);
    await shop.stored('EVENTS', 'replay.billing.order.placed', 4);
    session.interrupt();

    const { code, stdout } = await session.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^Stopped: 1 of 6 events replayed, 3 skipped\. The same command replays the rest\.\n/,
    );
    const rest = await shop.json<ReplayResult>('replay', '--event', 'order.placed', ...WHY);
    expect(rest).toMatchObject({ replayed: 2, skipped: 4, stopped: false });
    await handled(6);
  });

  it('delivers the events of a channel to one processor that consumes it', async () => {
    const dry = await shop.json<Plan>(
      ...[
        'replay',
        '--channel',
        'events.order.placed',
        '--processor',
        'billing',
        '--since',
        '1h',
        '--dry-run',
      ],
    );
    expect(dry.total).toBe(failed);
    const result = await shop.json<ReplayResult>(
      ...['replay', '--channel', 'order.placed', '--processor', 'billing', '--rate', '1000', ...WHY],
    );
    expect(result).toMatchObject({ total: failed, replayed: failed });
  });

  it('replays a channel as new: consumers handle the next events again', async () => {
    bank.isOpen = true;
    const range = ['--channel', 'order.placed', '--processor', 'billing', '--rate', '1000'];
    const { stdout: plan } = await shop.cascade('replay', ...range, '--as-new', '--dry-run');
    expect(plan).toBe(
      `${failed} events would be replayed, and consumers would handle the next events of billing as new events. Nothing was replayed.\n`,
    );
    const confirmed = await shop.count('EVENTS', 'events.order.confirmed');

    const { stdout } = await shop.cascade('replay', ...range, '--as-new', ...WHY);
    expect(stdout).toMatch(
      new RegExp(`^${failed} of ${failed} events replayed as new\\.\nReplay \\S+\\. \`node cascade lag\``),
    );
    await shop.stored('EVENTS', 'events.order.confirmed', confirmed + failed);
    const query = { last_by_subj: 'events.replay.requested' };
    const audit = await shop.manager.streams.getMessage('EVENTS', query);
    expect(audit!.json()).toMatchObject({ of: 'channel', asNew: true, count: failed });
  });

  it('refuses to replay a channel to a processor that does not consume it', async () => {
    const { code, stderr } = await shop.cascade(
      ...['replay', '--channel', 'order.placed', '--processor', 'packing', ...WHY],
    );
    expect(code).toBe(1);
    expect(stderr).toBe("Processor 'packing' does not consume order.placed. These do: billing.\n");
  });

  it.each([
    [['--dry-run'], /No failures were chosen.*--all/s],
    [['--all'], /needs a reason.*--reason/s],
    [['--all', '--reason', ' '], /needs a reason/],
    [['--all', '--reason', 'x', '--by', ''], /--by must name who asks/],
    [
      ['--failure', 'none', 'nothing', '--reason', 'x'],
      /^No such failure was found: none, nothing\.\n.*list/,
    ],
    [['--failure', 'nothing', '--dry-run'], /^No such failure was found: nothing\.\n.*list/],
    [['--channel', 'order.placed', '--reason', 'x'], /--channel needs --processor/],
    [['--channel', 'order.placed', '--all', '--reason', 'x'], /chooses events, not failures/],
    [['--all', '--as-new', '--reason', 'x'], /--as-new needs --channel/],
    [['--all', '--rate', '0'], /positive whole number/],
    [['--all', '--since', 'yesterday'], /15m, 2h or 3d/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await shop.cascade('replay', ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBeGreaterThan(0);
  });
});
