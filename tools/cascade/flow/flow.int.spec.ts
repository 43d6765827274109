import { eventually } from '@cascade/testing';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bank } from '../test/orders.js';
import { ShopSystem } from '../test/shop-system.js';
import type { Flow } from './flow.js';

describe('cascade flow', () => {
  let shop: ShopSystem;

  beforeAll(async () => {
    shop = await ShopSystem.start();
  });
  afterAll(() => shop.stop());

  it('shows each event below its cause, and the searched range', async () => {
    const id = await shop.place('good');
    await shop.stored('EVENTS', 'events.order.confirmed', 1);

    const { code, stdout } = await shop.cascade('flow', id);

    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Flow .*, begun 20\d\d-\S+Z\n\norder\.placed +shop +0 ms\n└─ order\.confirmed +billing +\d+ ms\n/,
    );
    expect(stdout).toMatch(/Searched events since \S+Z: \d+ events, \d+ failures?\.\n$/);
  });

  it('shows a whole flow that began after the first event and before the first replay', async () => {
    await shop.place('before');
    await shop.stored('EVENTS', 'events.order.confirmed', 2);
    const id = await shop.place('replayed', 'declined');
    await shop.stored('FAILURES', 'failed.billing.order.placed', 1);
    const { steps: failed } = await shop.json<Flow>('flow', id);
    bank.isOpen = true;
    await shop.cascade('replay', '--failure', failed[1]!.id, '--by', 'ann', '--reason', 'the bank is open');
    await shop.answered(failed[1]!.id);
    bank.isOpen = false;

    const { steps } = await shop.json<Flow>('flow', id, '--since', String(failed[0]!.time));
    expect(steps.map(({ name }) => name)).toEqual([
      'order.placed',
      'failed.billing.order.placed',
      'replay.billing.order.placed',
      'order.confirmed',
    ]);
  });

  it('shows failures with their attempts, replays, and the next events', async () => {
    const id = await shop.place('declined', 'declined');
    await shop.stored('FAILURES', 'failed.billing.order.placed', 2);
    const failed = await shop.json<Flow>('flow', id);
    const failure = failed.steps.find(({ kind }) => kind === 'failure')!;
    expect(failure).toMatchObject({
      processor: 'billing',
      attempts: 1,
      reason: 'unrecoverable',
      state: 'open',
      causationId: id,
      error: { name: 'CardDeclined' },
    });

    bank.isOpen = true;
    await shop.cascade('replay', '--failure', failure.id, '--by', 'ann', '--reason', 'the bank is open');
    await shop.answered(failure.id);
    bank.isOpen = false;

    const { stdout } = await shop.cascade('flow', id);
    const lines = stdout.split('\n').filter((line) => /[├└]/.test(line));
    expect(lines).toEqual([
      expect.stringMatching(
        /^├─ failed\.billing\.order\.placed +billing .*CardDeclined: no funds on .*\(1 attempt; handled\)$/,
      ),
      expect.stringMatching(/^│ {2}└─ replay\.billing\.order\.placed +billing .* delivered again$/),
      expect.stringMatching(/^└─ order\.confirmed +billing/),
    ]);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain(`node cascade failures show ${failure.id}`);
  });

  it('shows the scheduled attempt of a processor', async () => {
    const id = await shop.place('flaky', 'flaky');
    await shop.stored('RETRIES', 'retry.billing.sch.*', 1);

    const { steps } = await shop.json<Flow>('flow', id);
    expect(steps.map(({ kind }) => kind)).toEqual(['event', 'retry']);
    expect(steps[1]).toMatchObject({ source: 'billing', attempt: 2, causationId: id });
    const { stdout } = await shop.cascade('flow', id);
    expect(stdout).toMatch(/└─ retry\.billing +billing .* attempt 2 in \d+ min/);
  });

  it('finds events that were published without headers, or with an arbitrary correlation id', async () => {
    shop.publish('events.order.placed', '{"orderId":"by hand"}');
    shop.publish('events.order.placed', '{"orderId":"named"}', { 'ce-correlationid': 'order%2017' });
    await shop.stored('EVENTS', 'events.order.confirmed', 6);

    const named = await shop.json<Flow>('flow', 'order 17');
    expect(named.steps.map(({ name }) => name)).toEqual(['order.placed', 'order.confirmed']);
    const [line] = (await shop.cascade('tail', 'order.placed', '--json', '--no-follow')).stdout
      .trim()
      .split('\n')
      .filter((text) => text.includes('by hand'));
    const { correlationId } = JSON.parse(line!) as { correlationId: string };
    const byHand = await shop.json<Flow>('flow', correlationId);
    expect(byHand.steps.map(({ name }) => name)).toEqual(['order.placed', 'order.confirmed']);
  });

  it('shows the replay of an event without headers in its flow', async () => {
    shop.publish('events.order.placed', '{"orderId":"unnamed","note":"declined"}');
    const failure = await eventually(async () => {
      const { failures } = await shop.json<{ failures: Record<string, string>[] }>(
        'failures',
        'list',
        '--state',
        'open',
      );
      expect(failures).toHaveLength(1);
      return failures[0]!;
    });
    bank.isOpen = true;
    await shop.cascade('replay', '--failure', failure['id']!, '--by', 'ann', '--reason', 'open');
    await shop.answered(failure['id']!);
    bank.isOpen = false;

    const { steps } = await shop.json<Flow>('flow', failure['correlationId']!);
    expect(steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'event order.placed',
      'failure failed.billing.order.placed',
      'replay replay.billing.order.placed',
      'event order.confirmed',
    ]);
    expect(steps[2]).toMatchObject({ causationId: failure['id'], replayId: expect.any(String) });
  });

  it('ignores messages whose headers cannot be parsed', async () => {
    const broken = headers();
    // A client in another language can send a space within a header name. nats.js would refuse the name, so the name is set
    // directly.
    (broken as unknown as { headers: Map<string, string[]> }).headers.set('bad name', ['1']);
    shop.client.publish('events.order.placed', '{}', { headers: broken });
    const id = await shop.place('after');
    await eventually(async () => {
      const { steps } = await shop.json<Flow>('flow', id);
      expect(steps.map(({ name }) => name)).toEqual(['order.placed', 'order.confirmed']);
    });
    const { code } = await shop.cascade('tail', '--since', '1h', '--count', '10');
    expect(code).toBe(0);
  });

  it('ends with 1 if no such flow is found, and says how to search further back', async () => {
    const { code, stdout } = await shop.cascade('flow', 'nobody');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^No event of flow nobody was found\.\nSearched events since .*--since 7d/);
    const id = await shop.place('later');
    const early = await shop.json<Flow>('flow', id, '--since', '2099-01-01');
    expect(early).toMatchObject({ steps: [], searched: { events: 0 } });
  });
});
