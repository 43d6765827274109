import { wrapHeaders } from '../wire/wrapped-headers.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import type { Delivery } from './delivery.js';
import { messageId } from '../wire/event-ids.js';
import { isolatedOf, retryDueOf, retryScheduleOf, quarantineOf, TransportHeader } from '../wire/names.js';
import type { OutgoingHeaders } from '../wire/outgoing-headers.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/**
 * The next attempt as a scheduled message (ADR-51 of NATS): the broker puts it on the processor's `retry.*.due.*` subject
 * when it is due. Until then it lies in the stream and holds no place among the events in flight, which a delayed
 * negative acknowledgement would.
 *
 * @param due by the broker's clock
 * @param attemptsUsed attempts that count; one fewer where the last one must not
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

/** An event that was in hand each time its process died: it may be the one that ends the process, or be there by chance. */
export function quarantinedRetry(delivery: Delivery, { processor, attempts }: Attempts): OutgoingMessage {
  return {
    ...lastAttempt(delivery, processor, attempts, 'quarantine'),
    subject: quarantineOf(processor, delivery.retryKey),
  };
}

/** The last attempt of a suspect, to be made when nothing else is at work: being delivered counts for it. */
export function isolatedAttempt(delivery: Delivery, { processor, attempts }: Attempts): OutgoingMessage {
  return {
    ...lastAttempt(delivery, processor, attempts, 'isolated'),
    subject: isolatedOf(processor, delivery.retryKey),
  };
}

type Attempts = Pick<ProcessorDeclaration, 'processor' | 'attempts'>;

function lastAttempt(delivery: Delivery, processor: string, attempts: number, step: string) {
  return {
    body: delivery.body,
    headers: retryHeaders(delivery, attempts - 1),
    id: retryId(delivery, processor, step),
  };
}

/** With the event's id, since a stream that was made again repeats its sequences. */
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
