import { headers as natsHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { CloudEventHeader } from './cloud-events.js';
import type { OutgoingMessage } from './confirmed-publish.js';
import type { Delivery } from './delivery.js';
import { RETRY_HEADER_PREFIX, retryDueOf, RetryHeader, retryScheduleOf } from './names.js';

/**
 * The next attempt as a scheduled message (ADR-51 of NATS): the broker puts it on the processor's `retry.*.due.*` subject
 * when it is due. Until then it lies in the stream and holds no place among the events in flight, which a delayed
 * negative acknowledgement would.
 *
 * @param delay milliseconds from now
 */
export function scheduledRetry(delivery: Delivery, processor: string, delay: number): OutgoingMessage {
  const headers = carriedHeaders(delivery);
  headers.set(RetryHeader.attempts, String(delivery.attempt));
  headers.set(RetryHeader.firstAttemptAt, delivery.firstAttemptAt.toISOString());
  headers.set(RetryHeader.sequence, String(delivery.originalSequence));
  headers.set(RetryHeader.subject, delivery.subject);
  headers.set('Nats-Schedule', `@at ${new Date(Date.now() + delay).toISOString()}`);
  headers.set('Nats-Schedule-Target', retryDueOf(processor, delivery.originalSequence));
  return {
    subject: retryScheduleOf(processor, delivery.originalSequence),
    body: delivery.body,
    headers,
    // With both, since a replay repeats the event's id, and a stream that was made again repeats its sequences.
    id: `${delivery.originalSequence}.${delivery.eventId}.${processor}.${delivery.attempt}`,
  };
}

/** The publisher's headers, and an id where it gave none: the retry lies elsewhere in the stream and would get another. */
function carriedHeaders(delivery: Delivery): MsgHdrs {
  const headers = natsHeaders();
  for (const [name, values] of Object.entries(delivery.originalHeaders ?? {})) {
    // The server's own belong to the first message: its message id would make the retry a duplicate.
    const ours = name.toLowerCase().startsWith(RETRY_HEADER_PREFIX);
    if (!ours && !name.startsWith('Nats-')) for (const value of values) headers.append(name, value);
  }
  if (!headers.has(CloudEventHeader.id)) headers.set(CloudEventHeader.id, delivery.eventId);
  return headers;
}
