import { expect, it } from '@jest/globals';
import { median, percentile } from './statistics.js';

it('A percentile is one of the values, in any order', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(values, 99), percentile(values, 100), percentile(values, 0)]).toEqual([198, 200, 1]);
  expect(median([9, 1, 5])).toBe(5);
});
