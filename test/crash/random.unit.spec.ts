import { describe, expect, it } from '@jest/globals';
import { Random } from './random.js';

const numbersOf = (random: Random) => Array.from({ length: 1_000 }, () => random.between(50, 600));

describe('Random numbers', () => {
  it('are the same for the same seed and name, and differ for another seed or name', () => {
    const numbers = numbersOf(new Random(7, 'kill-broker'));
    expect(numbersOf(new Random(7, 'kill-broker'))).toEqual(numbers);
    expect(numbersOf(new Random(8, 'kill-broker'))).not.toEqual(numbers);
    expect(numbersOf(new Random(7, 'replay'))).not.toEqual(numbers);
  });

  it('reach both ends of their range, and no further', () => {
    const numbers = Array.from(
      { length: 1_000 },
      (
        (random) => () =>
          random.between(1, 3)
      )(new Random(1)),
    );
    expect([...new Set(numbers)].sort()).toEqual([1, 2, 3]);
  });

  it('shuffle without losing an item', () => {
    const items = ['signup', 'notifier', 'metadata-writer'];
    const orders = Array.from(
      { length: 100 },
      (
        (random) => () =>
          random.shuffled(items)
      )(new Random(1)),
    );
    for (const order of orders) expect([...order].sort()).toEqual([...items].sort());
    expect(new Set(orders.map(String)).size).toBe(6);
  });
});
