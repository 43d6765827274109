import { describe, expect, it } from '@jest/globals';
import { boundsFault } from './body-bounds.js';

const fault = (text: string) => boundsFault(Buffer.from(text));
const keys = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, key) => [key, 1])));
const list = (count: number, element = '1') => `[${Array<string>(count).fill(element).join()}]`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('the bounds of a body', () => {
  it.each([
    ['10,000 keys', keys(10_000), undefined],
    ['10,001 keys', keys(10_001), 'the body has more than 10,000 values'],
    ['10,000 elements', list(10_000), undefined],
    ['10,001 elements', list(10_001), 'the body has more than 10,000 values'],
    ['5,001 objects', list(5_001, '{}'), 'the body has more than 10,000 values'],
    ['256 levels', nested(256), undefined],
    ['257 levels', nested(257), 'the body nests deeper than 256 levels'],
    [
      '257 levels of both',
      `${'{"a":['.repeat(128)}{${']}'.repeat(128)}`,
      'the body nests deeper than 256 levels',
    ],
    ['many levels, one after the other', list(1_000, nested(4)), undefined],
    ['text that is not JSON', 'x'.repeat(1_000_000), undefined],
    ['an empty body', '', undefined],
  ])('%s', (_, text, expected) => {
    expect(fault(text)).toBe(expected);
  });

  it.each([
    ['short', ','.repeat(20_000)],
    ['with quotes', '[",'.repeat(20_000)],
    ['with backslashes', '\\[\\",'.repeat(20_000)],
    ['with line feeds', '\n\u2028,'.repeat(20_000)],
  ])('count a string as one value, whatever it contains: %s', (_, text) => {
    expect(fault(JSON.stringify({ text }))).toBeUndefined();
    for (let begin = 0; begin < 70; begin++) {
      const short = `${'a'.repeat(begin)}${text.slice(0, 60)}`;
      // If the scan ended a string too late or too soon, the scan would count the wrong number of values.
      const behind = `${JSON.stringify([short, short])},${nested(257)}`;
      expect(fault(behind)).toBe('the body nests deeper than 256 levels');
      expect(fault(list(1_000, JSON.stringify(short)))).toBeUndefined();
    }
  });

  it('count a string without an end as one value', () => {
    for (const end of ['', '\\', '\\\\', '\\"'])
      expect(fault(`{"a":"${'['.repeat(40)}${end}`)).toBeUndefined();
  });
});
