import { describe, expect, it } from '@jest/globals';
import { formatDuration } from './duration.js';

describe('A duration', () => {
  it.each([
    [0, '0 ms'],
    [64.6, '65 ms'],
    [9_999, '9999 ms'],
    [12_345, '12.3 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ])('of %d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
