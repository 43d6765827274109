import { withJitter } from '../declare/backoff.js';
import type { ErrorClass, ProcessorDeclaration } from '../declare/processor-options.js';
import {
  AttemptsExhaustedError,
  InvalidEventError,
  PublishDeniedError,
  PublishRefusedError,
  PublishTimeoutError,
  UnrecoverableError,
} from '../errors.js';
import type { FailureReason } from '../events/event-failed.js';

/** Milliseconds before a delivery comes again that this replica leaves to the broker. */
export const REQUEUE_DELAY_MS = 1_000;
/** Milliseconds before an event comes again for which the stream of failures had no room. */
export const FULL_DELAY_MS = 10_000;

/** What happened to a delivery. */
export type Happened =
  | { readonly what: 'arrived' }
  /** The circuit breaker rejected it, or the service stops before it has begun. */
  | { readonly what: 'rejected' }
  /** Its handler returned, and the next events are stored. */
  | { readonly what: 'handled' }
  /** `isCounted` is false if the circuit breaker takes the failure on itself. */
  | { readonly what: 'failed'; readonly error: unknown; readonly isCounted: boolean };

/** What becomes of a delivery. `settle` in settlement.ts carries it out. */
export type Outcome =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'acknowledge' }
  /** Published again after `delay` ms, one attempt used up. */
  | { readonly kind: 'retry'; readonly delay: number }
  /** Published again after `delay` ms, no attempt used up. */
  | { readonly kind: 'requeue'; readonly delay: number }
  /** Delivered again by the broker after `delay` ms. */
  | { readonly kind: 'redeliver'; readonly delay: number }
  /** Its last attempt is made while nothing else runs in the process. */
  | { readonly kind: 'quarantine' }
  | { readonly kind: 'dead-letter'; readonly reason: FailureReason };

const ATTEMPT: Outcome = { kind: 'attempt' };
const QUARANTINE: Outcome = { kind: 'quarantine' };
const REQUEUE: Outcome = { kind: 'requeue', delay: REQUEUE_DELAY_MS };
const ACKNOWLEDGE: Outcome = { kind: 'acknowledge' };

export interface Situation {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** How often JetStream has delivered this message, from 1. */
  readonly deliveries: number;
  readonly policy: RetryPolicy;
  /** Returns a number in [0, 1): spreads the retries of events that failed together. */
  readonly random: () => number;
}

export type RetryPolicy = Pick<
  ProcessorDeclaration,
  'attempts' | 'delays' | 'jitter' | 'retryOn' | 'unrecoverable'
>;

/**
 * The one table of outcomes.
 *
 * | what happened                                                         | outcome                             |
 * | --------------------------------------------------------------------- | ----------------------------------- |
 * | arrived                                                               | attempt                             |
 * | arrived again, never answered, and has one attempt left or none       | quarantine                          |
 * | rejected by the circuit breaker, or by a service that stops           | requeue                             |
 * | handled, next events stored                                           | acknowledge                         |
 * | failed: the broker did not confirm a next event, or the service stops | redeliver                           |
 * | failed: it was never answered at any attempt                          | dead-letter, `attempts-exhausted`   |
 * | failed: the payload cannot be read, or breaks its contract            | dead-letter, `invalid-event`        |
 * | failed: `UnrecoverableError`, or a class that is not retried          | dead-letter, `unrecoverable`        |
 * | failed: the broker refused a next event for good                      | dead-letter, `unrecoverable`        |
 * | failed with anything else while the circuit breaker is open           | requeue                             |
 * | failed with anything else at the last attempt                         | dead-letter, `attempts-exhausted`   |
 * | failed with anything else                                             | retry after the backoff             |
 *
 * Two cases show only when an outcome is carried out: `FAILURES` is full, or the event is too large to be published again.
 */
export function decide(happened: Happened, situation: Situation): Outcome {
  const { attempt, deliveries, policy } = situation;
  switch (happened.what) {
    case 'arrived':
      return deliveries > 1 && attempt >= policy.attempts ? QUARANTINE : ATTEMPT;
    case 'rejected':
      return REQUEUE;
    case 'handled':
      return ACKNOWLEDGE;
    case 'failed':
      return decideFailed(happened, situation);
  }
}

function decideFailed(
  { error, isCounted }: Extract<Happened, { what: 'failed' }>,
  { attempt, policy, random }: Situation,
): Outcome {
  if (error instanceof PublishTimeoutError) return { kind: 'redeliver', delay: REQUEUE_DELAY_MS };
  if (error instanceof AttemptsExhaustedError) return { kind: 'dead-letter', reason: 'attempts-exhausted' };
  if (error instanceof InvalidEventError) return { kind: 'dead-letter', reason: 'invalid-event' };
  if (!isRetried(error, policy)) return { kind: 'dead-letter', reason: 'unrecoverable' };
  if (!isCounted) return REQUEUE;
  if (attempt >= policy.attempts) return { kind: 'dead-letter', reason: 'attempts-exhausted' };
  return { kind: 'retry', delay: withJitter(policy.delays[attempt - 1]!, policy.jitter, random()) };
}

/** True if another attempt might succeed: only such a failure says something about other events. */
export function isTransient(error: unknown, policy: RetryPolicy): boolean {
  const isOwn = error instanceof AttemptsExhaustedError || error instanceof InvalidEventError;
  return !isOwn && isRetried(error, policy);
}

/** A thrown value that is not an Error has no class to decide by, and is retried. */
function isRetried(error: unknown, policy: Pick<RetryPolicy, 'retryOn' | 'unrecoverable'>): boolean {
  const isOneOf = (classes: readonly ErrorClass[]) => classes.some((type) => error instanceof type);
  if (isOneOf([UnrecoverableError, ...policy.unrecoverable])) return false;
  // A missing right can be granted; what else the broker refuses, it refuses each time.
  if (error instanceof PublishRefusedError && !(error instanceof PublishDeniedError)) return false;
  return !(error instanceof Error) || isOneOf(policy.retryOn);
}
