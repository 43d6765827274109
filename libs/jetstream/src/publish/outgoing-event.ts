import { boundsFault, isSmall } from '../contract/body-bounds.js';
import { toHeaders } from '../wire/cloud-events.js';
import { channelOf, typeOf } from '../wire/names.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';

/** Event whose contract has been checked, such as an event in an outbox. */
export interface StoredEvent {
  name: string;
  version: number;
  data: unknown;
  id: string;
  correlationId: string;
  causationId?: string | undefined;
  time: Date;
}

export function outgoingEvent(
  event: StoredEvent,
  source: string,
  trace?: Readonly<Record<string, string>>,
): OutgoingMessage {
  const { name, id, time, correlationId, causationId } = event;
  const envelope = { id, source, type: typeOf(name, event.version), time, correlationId, causationId };
  const body = Buffer.from(JSON.stringify(event.data));
  return { subject: channelOf(name), body, headers: toHeaders(envelope, trace), id };
}

/**
 * Returns the reason why a body cannot be published; undefined if the body can be published. The reason continues a sentence that
 * begins with the name of the event.
 */
export function bodyFault(body: Uint8Array, maxSize: number): string | undefined {
  if (body.length > maxSize) {
    return (
      `has ${body.length} bytes; at most ${maxSize} can be published. ` +
      'Store large data elsewhere and publish its address'
    );
  }
  const fault = isSmall(body) ? undefined : boundsFault(body);
  return fault && `cannot be read by its consumers: ${fault}`;
}
