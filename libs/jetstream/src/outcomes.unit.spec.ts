import { describe, expect, it } from '@jest/globals';
import { InvalidEventError, UnrecoverableError } from './errors.js';
import { backoffDelay, outcomeOf } from './outcomes.js';

class CardDeclined extends Error {}
class CardStolen extends CardDeclined {}

const backoff = { initial: 1_000, factor: 7, max: 300_000 };
const policy = { attempts: 5, backoff, unrecoverable: [CardDeclined] };
const half = 0.5;

describe('the table of outcomes', () => {
  it.each([
    ['an ordinary error at the first attempt', new Error('x'), 1, { kind: 'retry', delay: 1_000 }],
    [
      'an ordinary error at the attempt before the last',
      new Error('x'),
      4,
      { kind: 'retry', delay: 300_000 },
    ],
    [
      'an ordinary error at the last attempt',
      new Error('x'),
      5,
      { kind: 'dead-letter', reason: 'attempts-exhausted' },
    ],
    ['something that is no error', 'x', 1, { kind: 'retry', delay: 1_000 }],
    [
      'an unrecoverable error',
      new UnrecoverableError('x'),
      1,
      { kind: 'dead-letter', reason: 'unrecoverable' },
    ],
    ['a declared class', new CardDeclined(), 1, { kind: 'dead-letter', reason: 'unrecoverable' }],
    ['a subclass of a declared class', new CardStolen(), 1, { kind: 'dead-letter', reason: 'unrecoverable' }],
    ['an invalid event', new InvalidEventError('x'), 1, { kind: 'dead-letter', reason: 'invalid-event' }],
  ])('%s', (_, error, attempt, outcome) => {
    expect(outcomeOf(error, attempt, policy, half)).toEqual(outcome);
  });
});

describe('the backoff', () => {
  it('grows from 1 s to 5 min over the default attempts', () => {
    expect([1, 2, 3, 4].map((attempt) => backoffDelay(attempt, backoff, half))).toEqual([
      1_000, 7_000, 49_000, 300_000,
    ]);
  });

  it('is spread by 20 % to both sides, in whole milliseconds', () => {
    expect(backoffDelay(1, backoff, 0)).toBe(800);
    expect(backoffDelay(1, backoff, 0.999_999)).toBe(1_200);
    expect(Number.isInteger(backoffDelay(2, { initial: 33, factor: 1.7, max: 1_000 }, 0.123))).toBe(true);
  });
});
