import { toHeaders } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import type { Delivery } from './delivery.js';
import { failureEventId } from '../wire/event-ids.js';
import { encodeBody, encodeFailure, EventFailed, type OriginalEvent } from '../events/event-failed.js';
import type { FailureError } from '../logging/failure-error.js';
import { failureChannelOf, typeOf } from '../wire/names.js';
import type { FailureReason } from '../events/event-failed.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/** Bytes of an invalid event, and of its headers, that its failure event carries. */
const MOST_OF_INVALID = 16 * 1_024;
/** With more headers the failure event itself would have too many values to be read. */
const MOST_HEADERS = 1_000;

const TYPE = typeOf(EventFailed.event.name, EventFailed.event.version);

/**
 * The failure event of a delivery. Its id is the same however often a crash makes it anew.
 *
 * @param room bytes that its body may have
 */
export function deadLetter(
  delivery: Delivery,
  declaration: ProcessorDeclaration,
  error: FailureError,
  reason: FailureReason,
  room: number,
): OutgoingMessage {
  const { processor, identity, consumes } = declaration;
  const id = failureEventId(delivery.eventId, delivery.retryKey, identity);
  const causationId = delivery.eventId;
  const { correlationId } = delivery;
  const time = new Date();
  return {
    subject: failureChannelOf(processor, consumes.event.name),
    body: encodeFailure(failureOf(delivery, declaration, error, reason, time), room),
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
    // One more delivery than attempts was made where none of them answered.
    attempts: Math.min(delivery.attempt, attempts),
    firstAttemptAt: delivery.firstAttemptAt.toISOString(),
    lastAttemptAt: time.toISOString(),
    error,
    original: originalOf(delivery, reason),
    ...(delivery.asNew ? { asNew: delivery.asNew } : {}),
  });
}

/**
 * What is large of an invalid event stays where it is stored, and is named: anybody may publish such events, and some 250 of 1 MB would
 * fill the stream of failures for all processors. A retry or a replay carries the event, whose own place may be empty by now.
 */
function originalOf(delivery: Delivery, reason: FailureReason): OriginalEvent {
  const { original, eventId, body, rawHeaders } = delivery;
  const isStored = original.stream === delivery.stream && original.sequence === delivery.sequence;
  const most = reason === 'invalid-event' && isStored ? MOST_OF_INVALID : Infinity;
  return {
    ...original,
    eventId,
    ...((rawHeaders?.length ?? 0) > most ? {} : headersOf(delivery)),
    size: body.length,
    ...(body.length > most ? {} : { body: encodeBody(body) }),
  };
}

function headersOf({ originalHeaders: headers, rawHeaders }: Delivery): Partial<OriginalEvent> {
  if (!headers) return rawHeaders ? { rawHeaders: Buffer.from(rawHeaders).toString('base64') } : {};
  return Object.values(headers).flat().length > MOST_HEADERS ? {} : { headers };
}
