import type { FailureReason } from '../events/event-failed.js';
import { withJitter } from '../declare/backoff.js';
import { AttemptsExhaustedError, InvalidEventError, UnrecoverableError } from '../errors.js';
import type { ErrorClass, ProcessorDeclaration } from '../declare/processor-options.js';

/** What becomes of an event whose attempt failed. One that succeeded is acknowledged once its events are stored. */
export type Outcome = { kind: 'retry'; delay: number } | { kind: 'dead-letter'; reason: FailureReason };

/**
 * The one table of outcomes.
 *
 * | the attempt failed with                                                | outcome                             |
 * | ---------------------------------------------------------------------- | ----------------------------------- |
 * | no answer at all, at every attempt                                     | dead-lettered, `attempts-exhausted` |
 * | a payload that cannot be read or breaks its contract                   | dead-lettered, `invalid-event`      |
 * | `UnrecoverableError`, or a class that the declaration does not retry   | dead-lettered, `unrecoverable`      |
 * | anything else, at the last attempt                                     | dead-lettered, `attempts-exhausted` |
 * | anything else, before                                                  | tried again after the backoff       |
 *
 * @param random in [0, 1), spreads retries of events that failed together
 */
export function outcomeOf(
  error: unknown,
  attempt: number,
  policy: Pick<ProcessorDeclaration, 'attempts' | 'delays' | 'jitter' | 'retryOn' | 'unrecoverable'>,
  random: number,
): Outcome {
  if (error instanceof AttemptsExhaustedError) return { kind: 'dead-letter', reason: 'attempts-exhausted' };
  if (error instanceof InvalidEventError) return { kind: 'dead-letter', reason: 'invalid-event' };
  if (!isRetried(error, policy)) return { kind: 'dead-letter', reason: 'unrecoverable' };
  if (attempt >= policy.attempts) return { kind: 'dead-letter', reason: 'attempts-exhausted' };
  return { kind: 'retry', delay: withJitter(policy.delays[attempt - 1]!, policy.jitter, random) };
}

/** What was thrown that is no error has no class to decide by, and is tried again. */
function isRetried(error: unknown, policy: Pick<ProcessorDeclaration, 'retryOn' | 'unrecoverable'>): boolean {
  const isOneOf = (classes: readonly ErrorClass[]) => classes.some((type) => error instanceof type);
  if (isOneOf([UnrecoverableError, ...policy.unrecoverable])) return false;
  return !(error instanceof Error) || isOneOf(policy.retryOn);
}
