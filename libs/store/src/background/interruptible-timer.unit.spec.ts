import { expect, it } from '@jest/globals';
import { InterruptibleTimer } from './interruptible-timer.js';

const LONG = 60_000;

it('ends the current wait', async () => {
  const timer = new InterruptibleTimer();
  const wait = timer.wait(LONG);
  timer.interrupt();
  await expect(wait).resolves.toBeUndefined();
});

it('ends only the next wait if no wait is running', async () => {
  const timer = new InterruptibleTimer();
  timer.interrupt();
  timer.interrupt();
  await timer.wait(LONG);
  let over = false;
  const second = timer.wait(20).then(() => (over = true));
  await new Promise(setImmediate);
  expect(over).toBe(false);
  await second;
});

it('lets a wait end after its time', async () => {
  await expect(new InterruptibleTimer().wait(1)).resolves.toBeUndefined();
});
