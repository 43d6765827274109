import { describe, expect, it } from '@jest/globals';
import { AttemptsExhaustedError, InvalidEventError, UnrecoverableError } from '../errors.js';
import { outcomeOf } from './outcomes.js';

class CardDeclined extends Error {}
class CardStolen extends CardDeclined {}

class Hiccup extends Error {}

const policy = {
  attempts: 5,
  delays: [1_000, 7_000, 49_000, 300_000],
  jitter: 0.2,
  retryOn: [Error],
  unrecoverable: [CardDeclined],
};
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

  it('with retryOn, tries again on nothing else, and UnrecoverableError stays unrecoverable', () => {
    const narrow = { ...policy, unrecoverable: [], retryOn: [Hiccup] };
    expect(outcomeOf(new Hiccup(), 1, narrow, half)).toMatchObject({ kind: 'retry' });
    expect(outcomeOf(new TypeError(), 1, narrow, half)).toEqual({
      kind: 'dead-letter',
      reason: 'unrecoverable',
    });
    expect(outcomeOf('no error at all', 1, narrow, half)).toMatchObject({ kind: 'retry' });
    expect(outcomeOf(new UnrecoverableError(), 1, policy, half)).toMatchObject({ kind: 'dead-letter' });
  });

  it('without an answer at any attempt, the attempts are exhausted, whatever is tried again', () => {
    const exhausted = new AttemptsExhaustedError('never answered');
    const outcome = { kind: 'dead-letter', reason: 'attempts-exhausted' };
    expect(outcomeOf(exhausted, 6, policy, half)).toEqual(outcome);
    expect(outcomeOf(exhausted, 6, { ...policy, retryOn: [Hiccup] }, half)).toEqual(outcome);
    expect(outcomeOf(exhausted, 6, { ...policy, unrecoverable: [Error] }, half)).toEqual(outcome);
  });

  it('spreads the delay by the jitter', () => {
    expect(outcomeOf(new Error('x'), 1, policy, 0)).toEqual({ kind: 'retry', delay: 800 });
  });
});
