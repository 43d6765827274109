import { eventually, startScript, type Script } from '@app/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Transport } from './transport.js';

const ORDERS = ['a', 'b', 'c', 'poison', 'd', 'e', 'f'];

let transport: Transport;
let running: Script | undefined;
let isOver = false;

beforeAll(async () => {
  transport = await Transport.start();
});
afterAll(async () => {
  isOver = true;
  await running?.kill();
  await transport.stop();
});

/** Starts it again whenever it has ended. @returns the orders that were handled, and how often the process has ended */
function keepUp() {
  const handled: string[] = [];
  const seen = { handled, crashes: 0 };
  const run = async (): Promise<void> => {
    running = startScript(new URL('./crashing.ts', import.meta.url), [transport.broker.url]);
    try {
      for (;;) handled.push(await running.nextLine());
    } catch {
      seen.crashes += 1;
    }
    if (!isOver) return run();
  };
  void run();
  return seen;
}

it('an event that ends the process at each attempt is dead-lettered, and those that were in hand with it are not', async () => {
  await transport.run({});
  for (const orderId of ORDERS) transport.publish('events.order.placed', { orderId, amount: 1 });
  const seen = keepUp();

  await transport.stored('FAILURES', 'failed.crashing.order.placed', 1, 30_000);
  await eventually(
    () => expect(new Set(seen.handled)).toEqual(new Set(ORDERS.filter((order) => order !== 'poison'))),
    { timeout: 20_000 },
  );
  const failures = await transport.read('FAILURES', 'failed.crashing.order.placed');
  expect(failures.map((failure) => failure.json())).toEqual([
    expect.objectContaining({ reason: 'attempts-exhausted', attempts: 2 }),
  ]);
  expect(seen.crashes).toBe(2);
}, 60_000);
