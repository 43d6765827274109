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

/** Delay before the next delivery of an event that is requeued or could not be settled, in milliseconds. */
export const REQUEUE_DELAY_MS = 1_000;
/** Delay before the redelivery of an event if the stream of failures was full, in milliseconds. */
export const FULL_DELAY_MS = 10_000;

/** Step that a delivery has reached. */
export type Happened =
  | { readonly what: 'arrived' }
  /** The circuit breaker rejected the delivery, or the service stops before the attempt. */
  | { readonly what: 'rejected' }
  /** The handler returned, and the next events are stored. */
  | { readonly what: 'handled' }
  /**
   * For a failure after which another attempt may succeed, `isCounted` is false in three cases. The attempt was a probe, the
   * circuit breaker is open, or the circuit breaker opens because of an outage.
   */
  | { readonly what: 'failed'; readonly error: unknown; readonly isCounted: boolean };

/** Decision about a delivery, which `Settlement` carries out. */
export type Outcome =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'acknowledge' }
  /** Stores the event for another delivery after `delay` ms, and uses up one attempt. */
  | { readonly kind: 'retry'; readonly delay: number }
  /** Stores the event for another delivery after `delay` ms, and uses up no attempt. */
  | { readonly kind: 'requeue'; readonly delay: number }
  /** Requests a redelivery of the same message after `delay` ms. */
  | { readonly kind: 'redeliver'; readonly delay: number }
  /** Postpones the last attempt until nothing else runs in the process. */
  | { readonly kind: 'quarantine' }
  | { readonly kind: 'dead-letter'; readonly reason: FailureReason };

const ATTEMPT: Outcome = { kind: 'attempt' };
const QUARANTINE: Outcome = { kind: 'quarantine' };
const REQUEUE: Outcome = { kind: 'requeue', delay: REQUEUE_DELAY_MS };
const ACKNOWLEDGE: Outcome = { kind: 'acknowledge' };

export interface Situation {
  /** Number of the attempt, starting at 1. */
  readonly attempt: number;
  /** Number of times that JetStream has delivered this message, starting at 1. */
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
 * Decides the outcome of a delivery by the table of outcomes.
 *
 * | step of the delivery                                                  | outcome                             |
 * | --------------------------------------------------------------------- | ----------------------------------- |
 * | arrived                                                               | attempt                             |
 * | arrived again, never settled, with at most one attempt left           | quarantine                          |
 * | rejected by the circuit breaker, or because the service stops         | requeue                             |
 * | handled, and the next events are stored                               | acknowledge                         |
 * | failed because a next event was not confirmed, or the service stops   | redeliver                           |
 * | failed because no attempt was ever settled                            | dead-letter, `attempts-exhausted`   |
 * | failed because the payload cannot be read or breaks its contract      | dead-letter, `invalid-event`        |
 * | failed with `UnrecoverableError`, or with a class that is not retried | dead-letter, `unrecoverable`        |
 * | failed because the broker refused a next event permanently            | dead-letter, `unrecoverable`        |
 * | failed with any other error while the circuit breaker is open         | requeue                             |
 * | failed with any other error on the last attempt                       | dead-letter, `attempts-exhausted`   |
 * | failed with any other error                                           | retry after the backoff             |
 *
 * `Settlement` handles two more cases: `FAILURES` is full, or the event is too large to be published again.
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

/** Returns true if another attempt might succeed. Only such a failure can have a cause that affects other events too. */
export function isTransient(error: unknown, policy: RetryPolicy): boolean {
  const isOwn = error instanceof AttemptsExhaustedError || error instanceof InvalidEventError;
  return !isOwn && isRetried(error, policy);
}

/**
 * Returns true if the event may be retried. A thrown value that is not an Error has no class to decide by, so the event is
 * retried.
 */
function isRetried(error: unknown, policy: Pick<RetryPolicy, 'retryOn' | 'unrecoverable'>): boolean {
  const isOneOf = (classes: readonly ErrorClass[]) => classes.some((type) => error instanceof type);
  if (isOneOf([UnrecoverableError, ...policy.unrecoverable])) return false;
  // A missing right can be granted. Any other refusal would repeat on each attempt.
  if (error instanceof PublishRefusedError && !(error instanceof PublishDeniedError)) return false;
  return !(error instanceof Error) || isOneOf(policy.retryOn);
}
