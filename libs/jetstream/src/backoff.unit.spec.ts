import { describe, expect, it } from '@jest/globals';
import { type Backoff, backoffFaults, delaysOf, withJitter } from './backoff.js';

describe('a backoff', () => {
  it.each<[string, Backoff, number, number[]]>([
    ['grows from 1 s to 5 min by default', {}, 5, [1_000, 7_000, 49_000, 300_000]],
    ['keeps the other defaults where a part is given', { max: 2_000 }, 4, [1_000, 2_000, 2_000]],
    ['may be fixed', 250, 4, [250, 250, 250]],
    ['may be a list, whose last repeats', [10, 20], 5, [10, 20, 20, 20]],
    ['has nothing to wait for with a single attempt', {}, 1, []],
  ])('%s', (_, backoff, attempts, delays) => {
    expect(delaysOf(backoff, attempts)).toEqual(delays);
  });

  it.each<[Backoff, RegExp]>([
    [0, /above 0/],
    [-1, /above 0/],
    [NaN, /above 0/],
    [[], /above 0/],
    [[10, 0], /above 0/],
    [{ initial: 0 }, /initial > 0/],
    [{ factor: 0.5 }, /factor >= 1/],
    [{ max: 10 }, /backoff.max/],
  ])('is refused as %j', (backoff, message) => {
    expect(backoffFaults(backoff).join('; ')).toMatch(message);
  });

  it('is spread to both sides by its jitter, in whole milliseconds', () => {
    expect([0, 0.5, 0.999_999].map((random) => withJitter(1_000, 0.2, random))).toEqual([800, 1_000, 1_200]);
    expect(withJitter(1_000, 0, 0.9)).toBe(1_000);
    expect(Number.isInteger(withJitter(333, 0.2, 0.123))).toBe(true);
  });
});
