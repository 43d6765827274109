import { InvalidEventError, UnrecoverableError } from './errors.js';
import type { Backoff, ProcessorDeclaration } from './processor-options.js';

/** Why an event was dead-lettered. */
export type FailureReason = 'invalid-event' | 'unrecoverable' | 'attempts-exhausted';

/** What becomes of an event whose attempt failed. One that succeeded is acknowledged once its events are stored. */
export type Outcome = { kind: 'retry'; delay: number } | { kind: 'dead-letter'; reason: FailureReason };

/**
 * The one table of outcomes.
 *
 * | the attempt failed with                                        | outcome                           |
 * | -------------------------------------------------------------- | --------------------------------- |
 * | a payload that cannot be read or breaks its contract           | dead-lettered, `invalid-event`    |
 * | `UnrecoverableError`, or a class declared as `unrecoverable`   | dead-lettered, `unrecoverable`    |
 * | anything else, at the last attempt                             | dead-lettered, `attempts-exhausted` |
 * | anything else, before                                          | tried again after the backoff     |
 *
 * @param random in [0, 1), spreads retries of events that failed together
 */
export function outcomeOf(
  error: unknown,
  attempt: number,
  policy: Pick<ProcessorDeclaration, 'attempts' | 'backoff' | 'unrecoverable'>,
  random: number,
): Outcome {
  if (error instanceof InvalidEventError) return { kind: 'dead-letter', reason: 'invalid-event' };
  if (error instanceof UnrecoverableError || policy.unrecoverable.some((type) => error instanceof type)) {
    return { kind: 'dead-letter', reason: 'unrecoverable' };
  }
  if (attempt >= policy.attempts) return { kind: 'dead-letter', reason: 'attempts-exhausted' };
  return { kind: 'retry', delay: backoffDelay(attempt, policy.backoff, random) };
}

/** Milliseconds from the failed `attempt` (from 1) to the next. */
export function backoffDelay(attempt: number, backoff: Backoff, random: number): number {
  const delay = Math.min(backoff.max, backoff.initial * backoff.factor ** (attempt - 1));
  return Math.round(delay * (0.8 + 0.4 * random));
}
