import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ShopSystem } from '../test/shop-system.js';

interface Listed {
  total: number;
  failures: { id: string; processor: string; state: string; error: { name: string }; eventId: string }[];
}

describe('cascade failures', () => {
  let shop: ShopSystem;
  let all: Listed;

  beforeAll(async () => {
    shop = await ShopSystem.start();
    for (const order of ['one', 'two', 'three']) await shop.place(order, 'declined', { id: order });
    shop.publish('events.order.placed', 'no json', { 'ce-id': 'broken', 'x-tenant': 'blue' });
    await shop.stored('FAILURES', 'failed.billing.order.placed', 4);
    all = await shop.json<Listed>('failures', 'list');
  });
  afterAll(() => shop.stop());

  const idOf = (eventId: string) => all.failures.find((failure) => failure.eventId === eventId)!.id;

  it('list shows failures, oldest first, with their states', async () => {
    expect(all).toMatchObject({ total: 4 });
    const { code, stdout } = await shop.cascade('failures', 'list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^id +stored +processor +event +state +attempts +error\n/);
    expect(stdout).toMatch(/billing +order\.placed +open +1 +CardDeclined: no funds on \[31m the card\n/);
    expect(stdout).toContain('\n4 failures.\n');
  });

  it.each([
    [['--error', 'CardDeclined'], 3],
    [['--error', 'InvalidEventError'], 1],
    [['--processor', 'packing'], 0],
    [['--event', 'order.placed', '--processor', 'billing'], 4],
    [['--state', 'open'], 4],
    [['--state', 'handled'], 0],
    [['--since', '1h'], 4],
    [['--until', '1h'], 0],
  ])('list filters by %j', async (filters, total) => {
    expect(await shop.json<Listed>('failures', 'list', ...filters)).toMatchObject({ total });
  });

  it('list shows only the newest up to --limit, and says so', async () => {
    const { stdout } = await shop.cascade('failures', 'list', '--limit', '1');
    expect(stdout).toContain(all.failures.at(-1)!.id);
    expect(stdout).not.toContain(all.failures[0]!.id);
    expect(stdout).toContain('The newest 1 of 4; --limit shows more.');
  });

  it('list says so if there are no failures', async () => {
    expect(await shop.cascade('failures', 'list', '--processor', 'nobody')).toEqual({
      code: 0,
      stdout: 'No failures.\n',
      stderr: '',
    });
  });

  it('list ignores a message that is not a failure, and says so', async () => {
    shop.publish('failed.packing.order.confirmed', 'scrap');
    await shop.stored('FAILURES', 'failed.packing.order.confirmed', 1);
    const { code, stdout, stderr } = await shop.cascade('failures', 'list', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ total: 4 });
    expect(stderr).toMatch(/left out 1 .* is on failed\.packing\.order\.confirmed at \d+/);
  });

  it('show has the error, the stack, the event with headers and body, and the next command', async () => {
    const { code, stdout } = await shop.cascade('failures', 'show', idOf('one'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^billing gave up on order\.placed\n/);
    expect(stdout).toMatch(/reason +unrecoverable, after 1 attempt\n/);
    expect(stdout).toMatch(/state +open: not replayed\n/);
    expect(stdout).toMatch(/CardDeclined: no funds on \[31m the card\n +at Shop\.bill/);
    expect(stdout).toMatch(/channel +events\.order\.placed\n +stored +EVENTS at 1\n/);
    expect(stdout).toMatch(/ce-type +order\.placed\.v1\n/);
    expect(stdout).toContain('  {\n    "orderId": "one",\n    "note": "declined"\n  }\n');
    expect(stdout).toContain(`node cascade replay --failure ${idOf('one')}`);
    expect(stdout).not.toContain('\u001b');
  });

  it('show accepts an event that is not JSON, and prints one value with --json', async () => {
    const whole = await shop.json<object>('failures', 'show', idOf('broken'));
    expect(whole).toMatchObject({
      state: 'open',
      reason: 'invalid-event',
      original: { eventId: 'broken', headers: { 'x-tenant': ['blue'] }, body: 'no json' },
    });
  });

  it('show says who replayed it, and why', async () => {
    const reason = 'the customer called';
    await shop.cascade('replay', '--failure', idOf('two'), '--by', 'ann', '--reason', reason);
    await shop.answered(idOf('two'));

    const { stdout } = await shop.cascade('failures', 'show', idOf('two'));
    expect(stdout).toMatch(/state +failed-again as \S+ at \S+, replay \S+ by ann: the customer called\n/);
    expect(await shop.json<object>('failures', 'show', idOf('two'))).toMatchObject({
      state: 'failed-again',
      replay: { by: 'ann', reason },
    });
  });

  it('show refuses an unknown id', async () => {
    expect(await shop.cascade('failures', 'show', 'nothing')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'No failure has the id nothing.\n`node cascade failures list` shows their ids.\n',
    });
  });
});
