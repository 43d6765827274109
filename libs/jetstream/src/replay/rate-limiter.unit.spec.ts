import { describe, expect, it } from '@jest/globals';
import { RateLimiter } from './rate-limiter.js';

/**
 * Returns the time at which each of `count` items is done. An item takes `takes` ms, and the item at `stallsAt` takes a minute.
 */
function doneAt(rate: number, count: number, takes: number, stallsAt = -1): number[] {
  const limiter = new RateLimiter(rate, 0);
  const times: number[] = [];
  for (let [now, item] = [0, 0]; item < count; item++) {
    now += item === stallsAt ? 60_000 : takes;
    times.push(now);
    now += limiter.delayAfter(now);
  }
  return times;
}

const mostWithinASecond = (times: number[]): number =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 1_000).length));

describe('a rate limiter', () => {
  it('keeps the same time between two items, however long each item takes', () => {
    expect(doneAt(20, 4, 10)).toEqual([10, 60, 110, 160]);
  });

  it('does not catch up after a stall', () => {
    const times = doneAt(100, 400, 1, 200);
    expect(times[200]! - times[199]!).toBeGreaterThan(59_000);
    expect(mostWithinASecond(times)).toBeLessThanOrEqual(110);
  });

  it('makes up for items that are a little late, and so keeps its rate', () => {
    const limiter = new RateLimiter(1_000, 0);
    let now = 0;
    for (let item = 0; item < 1_000; item++) {
      const delay = limiter.delayAfter(now);
      // Timers take whole milliseconds and fire late.
      now += delay > 0 ? Math.ceil(delay) + 1 : 0;
    }
    expect(now).toBeLessThan(1_020);
    expect(now).toBeGreaterThan(990);
  });

  it('does not wait at an infinite rate', () => {
    expect(doneAt(Infinity, 3, 1)).toEqual([1, 2, 3]);
  });
});
