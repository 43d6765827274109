import { describe, expect, it } from '@jest/globals';
import { RateLimiter } from './rate-limiter.js';

/** When each of `count` pieces is done, where each takes `takes` ms and the one at `stallsAt` takes a minute. */
function doneAt(rate: number, count: number, takes: number, stallsAt = -1): number[] {
  const pace = new RateLimiter(rate, 0);
  const times: number[] = [];
  for (let [now, piece] = [0, 0]; piece < count; piece++) {
    now += piece === stallsAt ? 60_000 : takes;
    times.push(now);
    now += pace.delayAfter(now);
  }
  return times;
}

const mostWithinASecond = (times: number[]): number =>
  Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 1_000).length));

describe('a pace', () => {
  it('leaves the same time between two pieces, whatever each takes', () => {
    expect(doneAt(20, 4, 10)).toEqual([10, 60, 110, 160]);
  });

  it('does not catch up after a stall', () => {
    const times = doneAt(100, 400, 1, 200);
    expect(times[200]! - times[199]!).toBeGreaterThan(59_000);
    expect(mostWithinASecond(times)).toBeLessThanOrEqual(110);
  });

  it('makes up for pieces that are a little late, so that the rate is held', () => {
    const pace = new RateLimiter(1_000, 0);
    let now = 0;
    for (let piece = 0; piece < 1_000; piece++) {
      const delay = pace.delayAfter(now);
      // A timer knows whole milliseconds only, and is late.
      now += delay > 0 ? Math.ceil(delay) + 1 : 0;
    }
    expect(now).toBeLessThan(1_020);
    expect(now).toBeGreaterThan(990);
  });

  it('does not wait at an endless rate', () => {
    expect(doneAt(Infinity, 3, 1)).toEqual([1, 2, 3]);
  });
});
