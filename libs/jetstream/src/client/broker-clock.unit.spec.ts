import { expect, it } from '@jest/globals';
import { BrokerClock } from './broker-clock.js';

const HOUR = 3_600_000;

function clockAt(local: { time: number; elapsed: number }): BrokerClock {
  return new BrokerClock(
    () => local.time,
    () => local.elapsed,
  );
}

it('A message that was stored in the future shows how far this clock is behind', () => {
  const clock = clockAt({ time: 10 * HOUR, elapsed: 0 });
  clock.heard(new Date(11 * HOUR));
  clock.heard(new Date(5 * HOUR));
  expect(clock.after(1_000)).toEqual(new Date(11 * HOUR + 1_000));
});

it('An old message shows nothing', () => {
  const clock = clockAt({ time: 10 * HOUR, elapsed: 0 });
  clock.heard(new Date(HOUR));
  expect(clock.after(1_000)).toEqual(new Date(10 * HOUR + 1_000));
});

it('A clock that was corrected is trusted again after a minute', () => {
  const local = { time: 10 * HOUR, elapsed: 0 };
  const clock = clockAt(local);
  clock.heard(new Date(11 * HOUR));
  Object.assign(local, { time: 11 * HOUR, elapsed: 60_000 });
  clock.heard(new Date(11 * HOUR));
  expect(clock.after(0)).toEqual(new Date(11 * HOUR));
});
