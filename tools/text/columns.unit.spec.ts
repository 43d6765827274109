import { describe, expect, it } from '@jest/globals';
import { fit, renderColumns } from './columns.js';

describe('A table', () => {
  it('aligns its columns, and numbers to the right', () => {
    const rows = [
      ['notifier', '7', 'running'],
      ['metadata-writer', '1200', 'stopped'],
    ];
    expect(renderColumns(['processor', 'pending', 'state'], rows)).toEqual([
      'processor        pending  state',
      'notifier               7  running',
      'metadata-writer     1200  stopped',
    ]);
  });

  it('leaves out an empty column', () => {
    expect(renderColumns(['a', 'b', 'c'], [['x', undefined, 'y']])).toEqual(['a  c', 'x  y']);
  });

  it('is cut to the width of a terminal', () => {
    expect(fit('a long line', 7)).toBe('a long…');
    expect(fit('a long line', Infinity)).toBe('a long line');
  });
});
