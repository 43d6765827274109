import { describe, expect, it } from '@jest/globals';
import { searchStart } from './search-start.js';

const now = Date.parse('2026-11-23T12:00:00Z');

describe('The search for a flow starts', () => {
  it('shortly before the time in its id', () => {
    const made = Date.parse('2026-11-20T06:30:00Z');
    const hex = made.toString(16).padStart(12, '0');
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7448-b67c-b600356bed98`;
    expect(searchStart(id, now)).toEqual(new Date('2026-11-20T06:25:00Z'));
  });

  it.each(['order-17', '3f1c1f6e-4d0a-4b0e-9b6d-6f6f1d3c9a54', 'ffffffff-ffff-7448-b67c-b600356bed98'])(
    'a day ago if the id has no time: %s',
    (id) => {
      expect(searchStart(id, now)).toEqual(new Date('2026-11-22T12:00:00Z'));
    },
  );
});
