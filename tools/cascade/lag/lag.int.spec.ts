import { processorsOf } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AckPolicy } from '@nats-io/jetstream';
import { createInbox } from '@nats-io/transport-node';
import { withBroker } from '../broker/broker.js';
import { Shop } from '../test/orders.js';
import { hostWith } from '../test/session.js';
import { ShopSystem } from '../test/shop-system.js';
import { checkExpiry } from '../doctor/expiry-check.js';
import { Output } from '../output.js';
import type { ProcessorLag } from './lag.js';
import { readLag } from './read-lag.js';
import { lagLines } from './show-lag.js';

describe('cascade lag', () => {
  let shop: ShopSystem;

  beforeAll(async () => {
    shop = await ShopSystem.start();
  });
  afterAll(() => shop.stop());

  const declared = processorsOf(Shop).map(({ declaration }) => ({ app: 'shop', declaration }));
  const lags = () => withBroker(hostWith({ env: shop.env }), (broker) => readLag(broker, declared));
  const lagOf = async (processor: string): Promise<ProcessorLag> =>
    (await lags()).find((lag) => lag.processor === processor)!;
  const becomes = (processor: string, expected: Partial<ProcessorLag>) =>
    eventually(async () => expect(await lagOf(processor)).toMatchObject(expected));

  it('is zero if all events are handled and the processors pull', async () => {
    await shop.place('good');
    await becomes('packing', { app: 'shop', state: 'running', pending: 0, inFlight: 0, oldest: undefined });
    await becomes('billing', { state: 'running', pending: 0, inFlight: 0, redelivered: 0, retrying: 0 });
  });

  it('counts waiting retries, with the age of their oldest event', async () => {
    const begun = Date.now();
    await shop.place('flaky', 'flaky');
    await becomes('billing', { retrying: 1, pending: 0, inFlight: 0 });
    const { oldest } = await lagOf('billing');
    expect(Math.abs(oldest!.getTime() - begun)).toBeLessThan(10_000);
  });

  it('shows a pause until the last replica has resumed', async () => {
    const [first, second] = ['2026-11-23T09:00:00.000Z', '2026-11-23T09:00:01.000Z'] as const;
    const announce = (event: string, news: object) =>
      shop.publish(`events.processor.${event}`, JSON.stringify({ processor: 'packing', ...news }));
    for (const pausedAt of [first, second]) {
      announce('paused', { pausedAt, failures: 20, error: { name: 'Error', message: 'down' } });
    }
    shop.publish('events.processor.paused', 'scrap');
    await becomes('packing', { state: 'paused', pauses: [new Date(first), new Date(second)] });
    announce('resumed', { pausedAt: first, resumedAt: second });
    await becomes('packing', { state: 'paused', pauses: [new Date(second)] });
    announce('resumed', { pausedAt: second, resumedAt: second });
    await becomes('packing', { state: 'running', pauses: [] });
  });

  it('shows the pause of a running processor until its process ends', async () => {
    for (let number = 0; number < 3; number++) await shop.place(`flaky-${number}`, 'flaky');
    await becomes('billing', { state: 'paused' });
    const { pauses } = await lagOf('billing');
    expect(Date.now() - pauses[0]!.getTime()).toBeLessThan(60_000);
    expect(pauses).toHaveLength(1);
    await shop.close();
    await becomes('billing', { state: 'stopped', pauses: [] });
  });

  it('counts the events that wait for a stopped processor', async () => {
    const [first, second] = ['{"orderId":"1"}', '{"orderId":"2"}'];
    shop.publish('events.order.placed', first);
    await shop.client.flush();
    const before = Date.now();
    shop.publish('events.order.placed', second);
    await shop.client.flush();
    await becomes('billing', { state: 'stopped', inFlight: 0 });
    const { pending, oldest } = await lagOf('billing');
    expect(pending).toBeGreaterThanOrEqual(2);
    expect(oldest!.getTime()).toBeLessThanOrEqual(before);
  });

  it('warns of unhandled events after half of their retention time', async () => {
    const day = 86_400_000;
    const at = (now: number) =>
      withBroker(hostWith({ env: shop.env }), async (broker) => ({
        lags: await readLag(broker, declared, now),
        findings: await checkExpiry(broker, { processors: declared }, now),
      }));
    const { lags } = await at(Date.now());
    const { expiry } = lags.find(({ processor }) => processor === 'billing')!;
    expect(expiry).toEqual({
      stream: 'EVENTS',
      storedAt: expect.any(Date),
      at: new Date(expiry!.storedAt.getTime() + 7 * day),
      isNear: false,
    });

    const half = expiry!.storedAt.getTime() + 3.5 * day;
    const ofBilling = expect.stringContaining('billing');
    expect((await at(half - 1)).findings).not.toContainEqual(expect.objectContaining({ says: ofBilling }));
    const late = await at(half);
    expect(late.findings).toContainEqual({
      about: 'unread',
      level: 'fault',
      says: `billing has not handled an event of ${expiry!.storedAt.toISOString()}, which EVENTS deletes at ${expiry!.at.toISOString()}`,
      remedy: expect.stringMatching(/^raise EVENTS_MAX_AGE and call `node cascade provision`/),
    });
    const lines = lagLines(late.lags, new Output(hostWith({ env: {} }), false));
    expect(lines.join('\n')).toMatch(
      /\nexpiring: billing has not handled an event of .*; raise EVENTS_MAX_AGE/,
    );
  });

  it('shows missing and undeclared consumers', async () => {
    await shop.manager.consumers.delete('EVENTS', 'packing');
    await shop.manager.consumers.add('EVENTS', { durable_name: 'stranger', ack_policy: AckPolicy.Explicit });
    await shop.manager.consumers.add('RETRIES', {
      durable_name: 'stranger_quarantine',
      filter_subject: 'retry.stranger.quarantine.>',
      ack_policy: AckPolicy.Explicit,
    });
    expect(await lagOf('packing')).toMatchObject({
      state: 'missing',
      missing: [{ stream: 'EVENTS', durable: 'packing' }],
    });
    expect(await lagOf('stranger')).toMatchObject({ state: 'undeclared', app: undefined });
    expect(await lagOf('stranger_quarantine')).toBeUndefined();

    const inbox = createInbox();
    shop.client.subscribe(inbox);
    const request = JSON.stringify({ batch: 10_000, expires: 30_000_000_000 });
    shop.client.publish('$JS.API.CONSUMER.MSG.NEXT.EVENTS.stranger', request, { reply: inbox });
    await becomes('stranger', { state: 'foreign', app: undefined });
  });

  it('shows a table of the declared processors, and one JSON value with --json', async () => {
    const { code, stdout } = await shop.cascade('lag');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^processor +pending +in flight +redelivered +retrying +oldest +state\n/);
    expect(stdout).toMatch(/notifier +0 +0 +0 +0 +- +missing\n/);
    expect(stdout).toMatch(/missing: .*node cascade provision/);
    const { processors } = await shop.json<{ processors: ProcessorLag[] }>('lag');
    expect(processors.map(({ processor }) => processor)).toContain('notifier');
  });
});
