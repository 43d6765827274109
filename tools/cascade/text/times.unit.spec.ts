import { describe, expect, it } from '@jest/globals';
import { parseTime } from './times.js';

const now = () => Date.parse('2026-11-23T12:00:00Z');

describe('A time on the command line', () => {
  it.each([
    ['90s', '2026-11-23T11:58:30Z'],
    ['15m', '2026-11-23T11:45:00Z'],
    ['2h', '2026-11-23T10:00:00Z'],
    ['3d', '2026-11-20T12:00:00Z'],
    ['1w', '2026-11-16T12:00:00Z'],
    ['2026-11-23T09:30Z', '2026-11-23T09:30:00Z'],
    ['2026-11-23T09:30:00+01:00', '2026-11-23T08:30:00Z'],
    ['2026-11-23', '2026-11-23T00:00:00Z'],
  ])('%s is %s', (text, time) => {
    expect(parseTime(text, now)).toEqual(new Date(time));
  });

  it.each(['', 'yesterday', '15', '1.5h', '-2h', '12:00', '2026-13-01', '17'])('is not %j', (text) => {
    expect(() => parseTime(text, now)).toThrow('It must be 15m, 2h or 3d ago');
  });
});
