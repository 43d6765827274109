import { Replays } from '@cascade/jetstream';
import { eventually, startScript, type Script } from '@cascade/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Transport } from './transport.js';

const script = new URL('./crashing.ts', import.meta.url);

let transport: Transport;
let running: Script | undefined;
let isOver = false;

beforeEach(async () => {
  isOver = false;
  transport = await new Transport().start();
  await transport.run({});
});
afterEach(async () => {
  isOver = true;
  await running?.kill();
  await transport.stop();
});

/**
 * Restarts the process each time the process ends. Returns an object that always has the handled orders and the number of crashes
 * up to now.
 */
function keepUp(...firstArguments: string[]) {
  const handled: string[] = [];
  const seen = { handled, crashes: 0 };
  const run = async (more: string[]): Promise<void> => {
    running = startScript(script, [transport.broker.url, ...more]);
    try {
      for (;;) handled.push(await running.nextLine());
    } catch {
      seen.crashes += 1;
    }
    if (!isOver) return run([]);
  };
  void run(firstArguments);
  return seen;
}

function place(orders: readonly string[]): void {
  for (const orderId of orders) transport.publish('events.order.placed', { orderId, amount: 1 });
}

/**
 * Waits for `count` failure events. Returns the order id, reason, attempts and time of the first attempt of each failure event.
 */
async function failures(count: number) {
  const messages = await transport.stored('FAILURES', 'failed.crashing.order.placed', count, 60_000);
  return messages.map((message) => {
    const failure = message.json<{
      reason: string;
      attempts: number;
      firstAttemptAt: string;
      original: { body: { data: string } };
    }>();
    const { orderId } = JSON.parse(failure.original.body.data) as { orderId: string };
    const { reason, attempts, firstAttemptAt } = failure;
    return { orderId, reason, attempts, firstAttemptAt };
  });
}

it('An event that kills the process on each attempt is dead-lettered, but other events in flight are not', async () => {
  const good = ['a', 'b', 'c', 'd', 'e', 'f'];
  place(['a', 'b', 'c', 'poison', 'd', 'e', 'f']);
  const seen = keepUp();

  const placed = await transport.read('EVENTS', 'events.order.placed');
  const poison = placed.find((message) => message.json<{ orderId: string }>().orderId === 'poison')!;
  expect(await failures(1)).toEqual([
    {
      orderId: 'poison',
      reason: 'attempts-exhausted',
      attempts: 2,
      // The time of the first attempt is lost, so the storage time of the event replaces it.
      firstAttemptAt: poison.time.toISOString(),
    },
  ]);
  await eventually(() => expect(new Set(seen.handled)).toEqual(new Set(good)), { timeout: 20_000 });
  expect(seen.crashes).toBe(2);
  expect(await failures(1)).toHaveLength(1);
}, 90_000);

it('Several events that kill the process do no harm to other events', async () => {
  const orders = Array.from({ length: 60 }, (_, number) =>
    [3, 20, 40].includes(number) ? `poison ${number}` : `${number}`,
  );
  const good = orders.filter((orderId) => !orderId.startsWith('poison'));
  place(orders);
  const seen = keepUp();

  await eventually(() => expect(new Set(seen.handled)).toEqual(new Set(good)), { timeout: 90_000 });
  const dead = (await failures(3)).map(({ orderId }) => orderId);
  expect(dead.sort()).toEqual(['poison 20', 'poison 3', 'poison 40']);
}, 150_000);

it('A crash in an as-new replay publishes no event twice, because the ids are the same', async () => {
  const published: (string | undefined)[] = [];
  transport.client.subscribe('events.order.confirmed', {
    callback: (_error, { headers }) => void published.push(headers?.get('ce-id')),
  });
  place(['good']);
  const seen = keepUp('dies before the ack of a replay');
  await eventually(() => expect(published).toHaveLength(1), { timeout: 20_000 });

  const replays = (await transport.run({})).get(Replays, { strict: false });
  const selection = { processor: 'crashing', event: 'order.placed' };
  await replays.replayChannel(selection, { by: 'ann', reason: 'it was wrong', asNew: true });
  await eventually(() => expect(published).toHaveLength(3), { timeout: 20_000 });

  expect(seen.crashes).toBe(1);
  const [first, anew, again] = published;
  expect(anew).not.toBe(first);
  expect(again).toBe(anew);
  expect(await transport.read('EVENTS', 'events.order.confirmed')).toHaveLength(2);
}, 60_000);

it('A crash between storing the failure event and terminating the delivery leaves one failure event', async () => {
  place(['bad']);
  const seen = keepUp('dies before term');

  await eventually(() => expect(seen.crashes).toBe(1), { timeout: 20_000 });
  const idle = { inFlight: 0, waiting: 0 };
  await eventually(
    async () => {
      expect(await transport.backlog('crashing')).toEqual(idle);
      expect(await transport.backlog('crashing', 'RETRIES')).toEqual(idle);
      expect(await transport.backlog('crashing_quarantine', 'RETRIES')).toEqual(idle);
    },
    { timeout: 20_000 },
  );
  expect(await failures(1)).toMatchObject([{ orderId: 'bad', reason: 'attempts-exhausted', attempts: 2 }]);
}, 60_000);
