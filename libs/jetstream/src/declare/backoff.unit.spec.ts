import { describe, expect, it } from '@jest/globals';
import { type Backoff, backoffFaults, delaysOf, withJitter } from './backoff.js';

describe('a backoff', () => {
  it.each<[string, Backoff, number, number[]]>([
    ['grows from 1 s to 5 min by default', {}, 5, [1_000, 7_000, 49_000, 300_000]],
    ['keeps the other defaults if only a part is given', { max: 2_000 }, 4, [1_000, 2_000, 2_000]],
    ['keeps the default of an undefined part', { max: 2_000, factor: undefined }, 3, [1_000, 2_000]],
    ['may be fixed', 250, 4, [250, 250, 250]],
    ['may be a list, whose last delay repeats', [10, 20], 5, [10, 20, 20, 20]],
    ['has no delay if there is one attempt', {}, 1, []],
  ])('%s', (_, backoff, attempts, delays) => {
    expect(delaysOf(backoff, attempts)).toEqual(delays);
  });

  it.each<[unknown, string[]]>([
    [0, ['backoff must be from 1 to 2,147,483,647 ms, found 0']],
    [NaN, ['backoff must be from 1 to 2,147,483,647 ms, found NaN']],
    [Infinity, ['backoff must be from 1 to 2,147,483,647 ms, found Infinity']],
    [[], ['backoff lists no delay']],
    [
      [10, 0, '2'],
      [
        'backoff[1] must be from 1 to 2,147,483,647 ms, found 0',
        "backoff[2] must be from 1 to 2,147,483,647 ms, found '2'",
      ],
    ],
    [
      '5',
      [
        "backoff must be a number of milliseconds, a list of such numbers, or { initial, factor, max }, found '5'",
      ],
    ],
    [
      null,
      [
        'backoff must be a number of milliseconds, a list of such numbers, or { initial, factor, max }, found null',
      ],
    ],
    [{ delay: 5 }, ['there is no option backoff.delay, but there are initial, factor, max']],
    [{ initial: 0 }, ['backoff.initial must be from 1 to 2,147,483,647 ms, found 0']],
    [{ factor: 0.5 }, ['backoff.factor must be 1 or more, found 0.5']],
    [{ max: 10 }, ['backoff.max (10) must not be below backoff.initial (1000)']],
    [{ max: '10 s' }, ["backoff.max must be from 1 to 2,147,483,647 ms, found '10 s'"]],
  ])('is refused as %p', (backoff, faults) => {
    expect(backoffFaults(backoff)).toEqual(faults);
  });

  it('is made shorter or longer by its jitter, in whole milliseconds', () => {
    expect([0, 0.5, 0.999_999].map((random) => withJitter(1_000, 0.2, random))).toEqual([800, 1_000, 1_200]);
    expect(withJitter(1_000, 0, 0.9)).toBe(1_000);
    expect(Number.isInteger(withJitter(333, 0.2, 0.123))).toBe(true);
  });
});
