import { describe, expect, it } from '@jest/globals';
import { UnrecoverableError } from '../errors.js';
import { describeError } from './failure-error.js';
import { errorReport, errorText, lineOf, linesOf } from './log-text.js';

describe('foreign text in a log', () => {
  it.each([
    ['order-17', 'order-17'],
    ['Zoë 😀', 'Zoë 😀'],
    ['a\nERROR forged', 'a\\nERROR forged'],
    ['a\r\n\tb', 'a\\r\\n\\tb'],
    ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['a\0b\u007fc\u009bd', 'a\\u0000b\\u007fc\\u009bd'],
    ['a\u2028b\u202ec\u2066d', 'a\\u2028b\\u202ec\\u2066d'],
    ['x'.repeat(33_000), `${'x'.repeat(256)}…`],
  ])('is one line, whatever it contains: %j', (text, expected) => {
    expect(lineOf(text)).toBe(expected);
  });

  it('keeps its line breaks if several lines are allowed', () => {
    expect(linesOf('a\n\tb\u001b[31m\r\u0000')).toBe('a\n\tb\\u001b[31m\\r\\u0000');
  });
});

describe('an error in a log', () => {
  class CardDeclined extends UnrecoverableError {}

  it('has its own class, even if a parent class sets the name', () => {
    const [first, ...frames] = errorText(describeError(new CardDeclined('no funds'))).split('\n');
    expect(first).toBe('CardDeclined: no funds');
    expect(frames[0]).toMatch(/^ {4}at .*log-text\.unit\.spec/);
  });

  it('cannot forge a line, neither by its message nor by its stack', () => {
    const forged = 'no funds\n    at Forged.frame (a.ts:1:1)\n[Nest] ERROR forged';
    const error = Object.assign(new CardDeclined(forged), { name: 'a\nb' });
    const lines = errorText(describeError(error)).split('\n');
    expect(lines[0]).toBe('CardDeclined: no funds\\n    at Forged.frame (a.ts:1:1)\\n[Nest] ERROR forged');
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}at (?!Forged)/);
    error.stack = `other text\n[Nest] ERROR forged\n    at a\u001b[2J`;
    expect(errorText(describeError(error)).split('\n').slice(1)).toEqual(['    at a\\u001b[2J']);
  });

  it('has its causes in a report', () => {
    const report = errorReport(describeError(new Error('outer', { cause: new CardDeclined('inner') })));
    expect(report).toMatch(/^Error: outer\n {4}at .*\n(.*\n)*caused by CardDeclined: inner\n {4}at /);
  });
});
