import { describe, expect, it } from '@jest/globals';
import {
  AttemptsExhaustedError,
  InvalidEventError,
  PublishDeniedError,
  PublishRefusedError,
  PublishTimeoutError,
  UnrecoverableError,
} from '../errors.js';
import { decide, type Happened, isTransient, type Situation } from './outcomes.js';

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
const half = () => 0.5;

/** Returns the outcome of a first delivery whose attempt failed. */
function outcomeOf(error: unknown, attempt: number, policy: Situation['policy'], random: () => number) {
  return decide({ what: 'failed', error, isCounted: true }, { attempt, deliveries: 1, policy, random });
}

describe('the table of outcomes', () => {
  it.each([
    ['an ordinary error on the first attempt', new Error('x'), 1, { kind: 'retry', delay: 1_000 }],
    [
      'an ordinary error on the attempt before the last',
      new Error('x'),
      4,
      { kind: 'retry', delay: 300_000 },
    ],
    [
      'an ordinary error on the last attempt',
      new Error('x'),
      5,
      { kind: 'dead-letter', reason: 'attempts-exhausted' },
    ],
    ['a thrown value that is not an error', 'x', 1, { kind: 'retry', delay: 1_000 }],
    [
      'an unrecoverable error',
      new UnrecoverableError('x'),
      1,
      { kind: 'dead-letter', reason: 'unrecoverable' },
    ],
    ['an unrecoverable class', new CardDeclined(), 1, { kind: 'dead-letter', reason: 'unrecoverable' }],
    ['a subclass of such a class', new CardStolen(), 1, { kind: 'dead-letter', reason: 'unrecoverable' }],
    ['an invalid event', new InvalidEventError('x'), 1, { kind: 'dead-letter', reason: 'invalid-event' }],
    [
      'a next event that the broker refuses permanently',
      new PublishRefusedError('too large'),
      1,
      { kind: 'dead-letter', reason: 'unrecoverable' },
    ],
    [
      'a missing right, which may be granted',
      new PublishDeniedError('x'),
      1,
      { kind: 'retry', delay: 1_000 },
    ],
    [
      'a next event that the broker does not confirm',
      new PublishTimeoutError('x'),
      5,
      { kind: 'redeliver', delay: 1_000 },
    ],
  ])('%s', (_, error, attempt, outcome) => {
    expect(outcomeOf(error, attempt, policy, half)).toEqual(outcome);
  });

  it('retries only the classes of retryOn, and never UnrecoverableError', () => {
    const narrow = { ...policy, unrecoverable: [], retryOn: [Hiccup] };
    expect(outcomeOf(new Hiccup(), 1, narrow, half)).toMatchObject({ kind: 'retry' });
    expect(outcomeOf(new TypeError(), 1, narrow, half)).toEqual({
      kind: 'dead-letter',
      reason: 'unrecoverable',
    });
    expect(outcomeOf('no error at all', 1, narrow, half)).toMatchObject({ kind: 'retry' });
    expect(outcomeOf(new UnrecoverableError(), 1, policy, half)).toMatchObject({ kind: 'dead-letter' });
  });

  it('dead-letters an event that was never settled because its attempts are exhausted, whatever classes are retried', () => {
    const exhausted = new AttemptsExhaustedError('never settled');
    const outcome = { kind: 'dead-letter', reason: 'attempts-exhausted' };
    expect(outcomeOf(exhausted, 6, policy, half)).toEqual(outcome);
    expect(outcomeOf(exhausted, 6, { ...policy, retryOn: [Hiccup] }, half)).toEqual(outcome);
    expect(outcomeOf(exhausted, 6, { ...policy, unrecoverable: [Error] }, half)).toEqual(outcome);
  });

  it('spreads the delay by the jitter', () => {
    expect(outcomeOf(new Error('x'), 1, policy, () => 0)).toEqual({ kind: 'retry', delay: 800 });
  });

  const at = (attempt: number, deliveries: number): Situation => ({
    attempt,
    deliveries,
    policy,
    random: half,
  });

  it.each<[string, Happened, Situation, object]>([
    ['an event that arrives', { what: 'arrived' }, at(1, 1), { kind: 'attempt' }],
    ['a last attempt that was never delivered before', { what: 'arrived' }, at(5, 1), { kind: 'attempt' }],
    ['an event never settled, with attempts left', { what: 'arrived' }, at(4, 2), { kind: 'attempt' }],
    [
      'an event never settled, and now on its last attempt',
      { what: 'arrived' },
      at(5, 2),
      { kind: 'quarantine' },
    ],
    ['an event that was not settled on any attempt', { what: 'arrived' }, at(6, 6), { kind: 'quarantine' }],
    ['an event that is rejected', { what: 'rejected' }, at(5, 1), { kind: 'requeue', delay: 1_000 }],
    ['an event that was handled', { what: 'handled' }, at(1, 1), { kind: 'acknowledge' }],
    [
      'a failure on the last attempt that the circuit breaker does not count',
      { what: 'failed', error: new Error('x'), isCounted: false },
      at(5, 1),
      { kind: 'requeue', delay: 1_000 },
    ],
    [
      'an unrecoverable failure, whatever the circuit breaker says',
      { what: 'failed', error: new UnrecoverableError('x'), isCounted: false },
      at(1, 1),
      { kind: 'dead-letter', reason: 'unrecoverable' },
    ],
  ])('%s', (_, happened, situation, outcome) => {
    expect(decide(happened, situation)).toEqual(outcome);
  });

  it('finds a failure transient only if another attempt might succeed', () => {
    const transient = [new Error('x'), 'x', new PublishDeniedError('x')];
    const own = [
      new InvalidEventError('x'),
      new AttemptsExhaustedError('x'),
      new UnrecoverableError('x'),
      new CardStolen(),
      new PublishRefusedError('x'),
    ];
    expect(transient.map((error) => isTransient(error, policy))).toEqual([true, true, true]);
    expect(own.map((error) => isTransient(error, policy))).toEqual([false, false, false, false, false]);
  });
});
