import { toHeaders } from './cloud-events.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { Delivery } from './delivery.js';
import { failureEventId } from './event-ids.js';
import { encodeBody, encodeFailure, EventFailed, type OriginalEvent } from './event-failed.js';
import type { FailureError } from './failure-error.js';
import { failureChannelOf, typeOf } from './names.js';
import type { FailureReason } from './outcomes.js';
import type { ProcessorDeclaration } from './processor-options.js';

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
    original: originalOf(delivery),
  });
}

function originalOf(delivery: Delivery): OriginalEvent {
  const { original, eventId, originalHeaders: headers, rawHeaders } = delivery;
  return {
    ...original,
    eventId,
    ...(headers ? { headers } : rawHeaders ? { rawHeaders: Buffer.from(rawHeaders).toString('base64') } : {}),
    size: delivery.body.length,
    body: encodeBody(delivery.body),
  };
}
