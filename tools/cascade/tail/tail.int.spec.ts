import { eventually } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ShopSystem } from '../test/shop-system.js';

describe('cascade tail', () => {
  let shop: ShopSystem;

  beforeAll(async () => {
    shop = await ShopSystem.start();
    await shop.place('first', undefined, { id: 'first' });
    await shop.place('bad', 'declined', { id: 'bad' });
    await shop.stored('FAILURES', 'failed.billing.order.placed', 1);
    await shop.stored('EVENTS', 'events.order.confirmed', 1);
  });
  afterAll(() => shop.stop());

  const lines = (text: string) => text.trimEnd().split('\n');

  it('shows stored events by time, including failures', async () => {
    const { code, stdout } = await shop.cascade('tail', '--since', '1h', '--count', '4');
    expect(code).toBe(0);
    const times = lines(stdout).map((line) => line.slice(0, line.indexOf(' ')));
    expect(times).toEqual(times.toSorted());
    expect(stdout).toMatch(/^20\S+Z {2}order\.placed {2}shop {2}first {2}\{"orderId":"first"\}\n/);
    expect(stdout).toMatch(
      /Z {2}failed\.billing\.order\.placed {2}billing {2}bad {2}CardDeclined: no funds on  *\[31m the card \(attempts: 1\)\n/,
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('shows new events until Ctrl-C', async () => {
    const session = shop.session('tail', 'order.confirmed');
    const seen = await eventually(async () => {
      await shop.place('live');
      expect(session.stdout).toContain('order.confirmed');
      return session.stdout;
    });
    session.interrupt();
    expect((await session.ended).code).toBe(0);
    expect(seen).not.toContain('"first"');
  });

  it.each([
    ['order.placed', 'events.order.placed'],
    ['events.order.*', 'events.order.placed'],
    ['failed.billing.>', 'failed.billing.order.placed'],
  ])('follows %s', async (channel, subject) => {
    const { stdout } = await shop.cascade('tail', channel, '--since', '1h', '--count', '1', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ subject });
  });

  it('prints a JSON value a line with --json', async () => {
    const { stdout } = await shop.cascade('tail', '--since', '1h', '--count', '3', '--json');
    const events = lines(stdout).map((line) => JSON.parse(line) as object);
    expect(events).toHaveLength(3);
    expect(events[0]).toMatchObject({
      subject: 'events.order.placed',
      sequence: 1,
      id: 'first',
      correlationId: 'first',
      source: 'shop',
      data: { orderId: 'first' },
    });
  });

  it('shows stored events and ends with --no-follow, even if there are fewer than --count', async () => {
    const all = await shop.cascade('tail', '--no-follow', '--json');
    const subjects = lines(all.stdout).map((line) => (JSON.parse(line) as { subject: string }).subject);
    const events = await shop.manager.streams.info('EVENTS', { subjects_filter: 'events.>' });
    const failures = await shop.manager.streams.info('FAILURES', { subjects_filter: 'failed.>' });
    const counts = { ...events.state.subjects, ...failures.state.subjects };
    expect(subjects.toSorted()).toEqual(
      Object.entries(counts)
        .flatMap(([subject, count]) => Array.from({ length: count }, () => subject))
        .toSorted(),
    );
    expect(counts).toMatchObject({
      'events.order.placed': expect.any(Number),
      'failed.billing.order.placed': 1,
    });
    expect(await shop.cascade('tail', '--no-follow', '--count', '50', '--json')).toEqual(all);
    expect(lines((await shop.cascade('tail', '--no-follow', '--count', '3')).stdout)).toHaveLength(3);
    expect(await shop.cascade('tail', '--no-follow', '--since', '2099-01-01')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it.each([
    ['user.singed-up', 'The channel user.singed-up is unknown', 'Did you mean user.signed-up?'],
    [
      'failed.notifer.user.signed-up',
      'The channel failed.notifer',
      'Did you mean failed.notifier.user.signed-up?',
    ],
    ['user.*.nonsense', 'The channel user.*.nonsense', 'There are '],
  ])('reports %s as unknown, with a suggestion', async (channel, said, meant) => {
    const session = shop.session('tail', channel);
    let hasEnded = false;
    void session.ended.then(() => (hasEnded = true));
    await eventually(() => expect(session.stderr).toContain('Ctrl-C')).finally(() =>
      eventually(() => {
        session.interrupt();
        expect(hasEnded).toBe(true);
      }),
    );
    expect(session.stderr).toContain(said);
    expect(session.stderr).toContain(meant);
    expect(await session.ended).toMatchObject({ code: 0, stdout: '' });

    const { code, stderr } = await shop.cascade('tail', channel, '--no-follow');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) });
    expect(stderr).not.toContain('Ctrl-C');
  });

  it.each([
    ['that the code declares', 'user.signed-up'],
    ['of the transport', 'processor.paused'],
    ['of replays', 'replay.notifier.>'],
    ['that matches several declared ones', 'events.user.>'],
    ['that has stored events', 'order.placed'],
  ])('accepts a channel %s', async (_, channel) => {
    expect(await shop.cascade('tail', channel, '--no-follow')).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['order placed', 'order', 'events.>.placed'])(
    'refuses %j, which is not a channel',
    async (channel) => {
      const { code, stderr } = await shop.cascade('tail', channel);
      expect(code).toBe(2);
      expect(stderr).toContain('is not a channel');
    },
  );
});
