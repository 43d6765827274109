import { describe, expect, it } from '@jest/globals';
import { progressBar } from './progress.js';

describe('The progress bar', () => {
  it('grows with done and skipped events', () => {
    expect(progressBar({ total: 100, done: 0, skipped: 0 })).toBe(`[${'·'.repeat(30)}]  0 of 100`);
    expect(progressBar({ total: 100, done: 40, skipped: 10 })).toBe(
      `[${'█'.repeat(15)}${'·'.repeat(15)}]  50 of 100, 10 skipped`,
    );
  });

  it('is full if there is nothing to do, or more than the count', () => {
    expect(progressBar({ total: 0, done: 0, skipped: 0 })).toBe(`[${'█'.repeat(30)}]  0 of 0`);
    expect(progressBar({ total: 2, done: 3, skipped: 0 })).toBe(`[${'█'.repeat(30)}]  3 of 3`);
  });
});
