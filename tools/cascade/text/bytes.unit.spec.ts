import { describe, expect, it } from '@jest/globals';
import { formatBytes } from './bytes.js';

describe('A number of bytes', () => {
  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [1_024, '1 KiB'],
    [1_048_200, '1 MiB'],
    [1_290, '1.3 KiB'],
    [200_000, '195 KiB'],
    [256 * 1_024 ** 2, '256 MiB'],
    [1_024 ** 3, '1 GiB'],
    [5_000 * 1_024 ** 4, '5000 TiB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
