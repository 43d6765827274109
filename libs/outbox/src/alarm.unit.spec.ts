import { expect, it } from '@jest/globals';
import { Alarm } from './alarm.js';

const LONG = 60_000;

it('ends a pause that lasts', async () => {
  const alarm = new Alarm();
  const pause = alarm.pause(LONG);
  alarm.ring();
  await expect(pause).resolves.toBeUndefined();
});

it('ends the next pause as it begins when there is none, and only that one', async () => {
  const alarm = new Alarm();
  alarm.ring();
  alarm.ring();
  await alarm.pause(LONG);
  let over = false;
  const second = alarm.pause(20).then(() => (over = true));
  await new Promise(setImmediate);
  expect(over).toBe(false);
  await second;
});

it('lets a pause end by itself', async () => {
  await expect(new Alarm().pause(1)).resolves.toBeUndefined();
});
