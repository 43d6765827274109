import { headers as natsHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { CloudEventHeader } from './cloud-events.js';
import type { OutgoingMessage } from './confirmed-publish.js';
import type { Delivery } from './delivery.js';
import { isTransportHeader, retryDueOf, retryScheduleOf, suspectOf, TransportHeader } from './names.js';

/**
 * The next attempt as a scheduled message (ADR-51 of NATS): the broker puts it on the processor's `retry.*.due.*` subject
 * when it is due. Until then it lies in the stream and holds no place among the events in flight, which a delayed
 * negative acknowledgement would.
 *
 * @param delay milliseconds from now
 * @param attemptsUsed attempts that count; one fewer where the last one must not
 */
export function scheduledRetry(
  delivery: Delivery,
  processor: string,
  delay: number,
  attemptsUsed = delivery.attempt,
): OutgoingMessage {
  const { retryKey } = delivery;
  const headers = retryHeaders(delivery, attemptsUsed);
  headers.set('Nats-Schedule', `@at ${new Date(Date.now() + delay).toISOString()}`);
  headers.set('Nats-Schedule-Target', retryDueOf(processor, retryKey));
  return {
    subject: retryScheduleOf(processor, retryKey),
    body: delivery.body,
    headers,
    id: retryId(delivery, processor, String(attemptsUsed)),
  };
}

/**
 * The last attempt of an event that was in hand each time its process died: it may be the one that ends the process, or one
 * that was there by chance. It is due at once, and comes when no other suspect is in hand.
 *
 * @param attemptsUsed attempts that count
 */
export function suspectRetry(delivery: Delivery, processor: string, attemptsUsed: number): OutgoingMessage {
  return {
    subject: suspectOf(processor, delivery.retryKey),
    body: delivery.body,
    headers: retryHeaders(delivery, attemptsUsed),
    id: retryId(delivery, processor, 'suspect'),
  };
}

/** With the event's id, since a stream that was made again repeats its sequences. */
function retryId({ retryKey, eventId, stream, sequence }: Delivery, processor: string, step: string): string {
  return [processor, retryKey, eventId, stream, sequence, step].join('.');
}

function retryHeaders(delivery: Delivery, attemptsUsed: number): MsgHdrs {
  const { original, retryKey } = delivery;
  const headers = carriedHeaders(delivery);
  headers.set(TransportHeader.attempts, String(attemptsUsed));
  headers.set(TransportHeader.firstAttemptAt, delivery.firstAttemptAt.toISOString());
  headers.set(TransportHeader.retryKey, retryKey);
  headers.set(TransportHeader.stream, original.stream);
  headers.set(TransportHeader.sequence, String(original.sequence));
  headers.set(TransportHeader.subject, original.subject);
  if (delivery.replayId) headers.set(TransportHeader.replayId, delivery.replayId);
  if (delivery.failureId) headers.set(TransportHeader.failureId, delivery.failureId);
  return headers;
}

/** The publisher's headers, and an id where it gave none: the retry lies elsewhere in the stream and would get another. */
function carriedHeaders(delivery: Delivery): MsgHdrs {
  const headers = natsHeaders();
  for (const [name, values] of Object.entries(delivery.originalHeaders ?? {})) {
    // The server's own would make the retry a duplicate of the first message.
    if (!isTransportHeader(name)) for (const value of values) headers.append(name, value);
  }
  if (!headers.has(CloudEventHeader.id)) headers.set(CloudEventHeader.id, delivery.eventId);
  return headers;
}
