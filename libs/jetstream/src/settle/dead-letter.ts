import { toHeaders } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import type { Delivery } from './delivery.js';
import { failureEventId } from '../wire/event-ids.js';
import { encodeBody, encodeFailure, EventFailed, type OriginalEvent } from '../events/event-failed.js';
import type { FailureError } from '../logging/failure-error.js';
import { failureChannelOf, typeOf } from '../wire/names.js';
import type { FailureReason } from '../events/event-failed.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/** Maximum size of an invalid event's body in the failure event, in bytes. The same limit applies to the event's headers. */
const MAX_INVALID_BYTES = 16 * 1_024;
/**
 * Maximum number of header values in a failure event. With more values, the failure event would exceed the bounds of a readable
 * body.
 */
const MAX_HEADER_VALUES = 1_000;

const TYPE = typeOf(EventFailed.event.name, EventFailed.event.version);

/**
 * Creates the failure event of a delivery. If a crash repeats the work, the failure event gets the same id.
 *
 * @param maxBody maximum size of the failure event's body, in bytes
 */
export function deadLetter(
  delivery: Delivery,
  declaration: ProcessorDeclaration,
  error: FailureError,
  reason: FailureReason,
  maxBody: number,
): OutgoingMessage {
  const { processor, identity, consumes } = declaration;
  const id = failureEventId(delivery.eventId, delivery.retryKey, identity);
  const causationId = delivery.eventId;
  const { correlationId } = delivery;
  const time = new Date();
  return {
    subject: failureChannelOf(processor, consumes.event.name),
    body: encodeFailure(failureOf(delivery, declaration, error, reason, time), maxBody),
    headers: toHeaders({ id, source: processor, type: TYPE, time, correlationId, causationId }),
    id,
  };
}

function failureOf(
  delivery: Delivery,
  { processor, attempts }: ProcessorDeclaration,
  error: FailureError,
  reason: FailureReason,
  time: Date,
): EventFailed {
  return new EventFailed({
    processor,
    reason,
    // If no attempt was ever settled, there was one more delivery than attempts.
    attempts: Math.min(delivery.attempt, attempts),
    firstAttemptAt: delivery.firstAttemptAt.toISOString(),
    lastAttemptAt: time.toISOString(),
    error,
    original: originalOf(delivery, reason),
    ...(delivery.asNew ? { asNew: delivery.asNew } : {}),
  });
}

/**
 * Returns the original event. Large headers and a large body of an invalid event are left out, because they can be read from its
 * stream. Any client may publish invalid events. About 250 events of 1 MB would fill the stream of failures for all processors.
 * The failure event of a retry or a replay carries the whole event, because the original may have expired by now.
 */
function originalOf(delivery: Delivery, reason: FailureReason): OriginalEvent {
  const { original, eventId, body, rawHeaders } = delivery;
  const isStored = original.stream === delivery.stream && original.sequence === delivery.sequence;
  const limit = reason === 'invalid-event' && isStored ? MAX_INVALID_BYTES : Infinity;
  return {
    ...original,
    eventId,
    ...((rawHeaders?.length ?? 0) > limit ? {} : headersOf(delivery)),
    size: body.length,
    ...(body.length > limit ? {} : { body: encodeBody(body) }),
  };
}

function headersOf({ originalHeaders: headers, rawHeaders }: Delivery): Partial<OriginalEvent> {
  if (!headers) return rawHeaders ? { rawHeaders: Buffer.from(rawHeaders).toString('base64') } : {};
  return Object.values(headers).flat().length > MAX_HEADER_VALUES ? {} : { headers };
}
