import { wrapHeaders } from '../wire/wrapped-headers.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import type { Delivery } from './delivery.js';
import { messageId } from '../wire/event-ids.js';
import {
  isolatedOf,
  quarantineOf,
  type QuarantineStage,
  retryDueOf,
  retryScheduleOf,
  TransportHeader,
} from '../wire/names.js';
import type { OutgoingHeaders } from '../wire/outgoing-headers.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/**
 * Creates the scheduled message of the next attempt (ADR-51 of NATS). When the message is due, the broker copies it to the
 * processor's `retry.*.due.*` subject. Until then, the event is not in flight, unlike after a delayed negative acknowledgement.
 *
 * @param due due time by the broker's clock
 * @param attemptsUsed number of attempts that count, without the latest attempt if it must not count
 */
export function scheduledRetry(
  delivery: Delivery,
  processor: string,
  due: Date,
  attemptsUsed = delivery.attempt,
): OutgoingMessage {
  const { retryKey } = delivery;
  const headers = retryHeaders(delivery, attemptsUsed);
  headers.set('Nats-Schedule', `@at ${due.toISOString()}`);
  headers.set('Nats-Schedule-Target', retryDueOf(processor, retryKey));
  return {
    subject: retryScheduleOf(processor, retryKey),
    body: delivery.body,
    headers,
    id: retryId(delivery, processor, String(attemptsUsed)),
  };
}

/** Creates the message of the last attempt of an event that was in flight at a crash (see `Quarantine`). */
export function lastAttempt(
  delivery: Delivery,
  { processor, attempts }: Pick<ProcessorDeclaration, 'processor' | 'attempts'>,
  stage: QuarantineStage,
): OutgoingMessage {
  const subjectOf = stage === 'quarantine' ? quarantineOf : isolatedOf;
  return {
    subject: subjectOf(processor, delivery.retryKey),
    body: delivery.body,
    headers: retryHeaders(delivery, attempts - 1),
    id: retryId(delivery, processor, stage),
  };
}

/**
 * Returns the message id of a retry. The message id is also derived from the event's id, because a recreated stream repeats its
 * sequences.
 */
function retryId({ retryKey, eventId, stream, sequence }: Delivery, processor: string, step: string): string {
  return messageId('retry', processor, retryKey, eventId, stream, sequence, step);
}

function retryHeaders(delivery: Delivery, attemptsUsed: number): OutgoingHeaders {
  const { original, retryKey } = delivery;
  const headers = wrapHeaders(delivery.originalHeaders ?? {}, delivery.eventId);
  headers.set(TransportHeader.attempts, String(attemptsUsed));
  headers.set(TransportHeader.firstAttemptAt, delivery.firstAttemptAt.toISOString());
  headers.set(TransportHeader.retryKey, retryKey);
  headers.set(TransportHeader.stream, original.stream);
  headers.set(TransportHeader.sequence, String(original.sequence));
  headers.set(TransportHeader.subject, original.subject);
  if (delivery.replayId) headers.set(TransportHeader.replayId, delivery.replayId);
  if (delivery.failureId) headers.set(TransportHeader.failureId, delivery.failureId);
  if (delivery.failureProcessor) headers.set(TransportHeader.failureProcessor, delivery.failureProcessor);
  if (delivery.asNew) headers.set(TransportHeader.asNew, delivery.asNew);
  return headers;
}
