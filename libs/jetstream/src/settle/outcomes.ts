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

/** Milliseconds until an event that this replica did not attempt is delivered again. */
export const REQUEUE_DELAY_MS = 1_000;
/** Milliseconds until an event is delivered again if the stream of failures was full. */
export const FULL_DELAY_MS = 10_000;

/** The step that a delivery has reached. */
export type Happened =
  | { readonly what: 'arrived' }
  /** The circuit breaker rejected the delivery, or the service stops before the attempt. */
  | { readonly what: 'rejected' }
  /** The handler returned, and the next events are stored. */
  | { readonly what: 'handled' }
  /** `isCounted` is false if the circuit breaker was open, or opens at once because of an outage. */
  | { readonly what: 'failed'; readonly error: unknown; readonly isCounted: boolean };

/** The decision about a delivery. `Settlement` carries it out. */
export type Outcome =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'acknowledge' }
  /** Publish again after `delay` ms; one attempt is used up. */
  | { readonly kind: 'retry'; readonly delay: number }
  /** Publish again after `delay` ms; no attempt is used up. */
  | { readonly kind: 'requeue'; readonly delay: number }
  /** Have the broker deliver the same message again after `delay` ms. */
  | { readonly kind: 'redeliver'; readonly delay: number }
  /** Make the last attempt while nothing else runs in the process. */
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
  /** Returns a number in [0, 1), which spreads the retries of events that failed together. */
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
 * | arrived again, never settled, with at most one attempt left           | quarantine                          |
 * | rejected by the circuit breaker, or by a service that stops           | requeue                             |
 * | handled, next events stored                                           | acknowledge                         |
 * | failed: the broker did not confirm a next event, or the service stops | redeliver                           |
 * | failed: no attempt was ever settled                                   | dead-letter, `attempts-exhausted`   |
 * | failed: the payload cannot be read, or breaks its contract            | dead-letter, `invalid-event`        |
 * | failed: `UnrecoverableError`, or a class that is not retried          | dead-letter, `unrecoverable`        |
 * | failed: the broker refused a next event for good                      | dead-letter, `unrecoverable`        |
 * | failed with anything else while the circuit breaker is open           | requeue                             |
 * | failed with anything else at the last attempt                         | dead-letter, `attempts-exhausted`   |
 * | failed with anything else                                             | retry after the backoff             |
 *
 * Two cases show only when `Settlement` carries the outcome out: `FAILURES` is full, or the event is too large to be published
 * again.
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

/** True if another attempt might succeed. Only such a failure may be caused by something that other events need too. */
export function isTransient(error: unknown, policy: RetryPolicy): boolean {
  const isOwn = error instanceof AttemptsExhaustedError || error instanceof InvalidEventError;
  return !isOwn && isRetried(error, policy);
}

/** A thrown value that is not an Error has no class to decide by, so it is retried. */
function isRetried(error: unknown, policy: Pick<RetryPolicy, 'retryOn' | 'unrecoverable'>): boolean {
  const isOneOf = (classes: readonly ErrorClass[]) => classes.some((type) => error instanceof type);
  if (isOneOf([UnrecoverableError, ...policy.unrecoverable])) return false;
  // A missing right can be granted. Any other refusal repeats at each attempt.
  if (error instanceof PublishRefusedError && !(error instanceof PublishDeniedError)) return false;
  return !(error instanceof Error) || isOneOf(policy.retryOn);
}
