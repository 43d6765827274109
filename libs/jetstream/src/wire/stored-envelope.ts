import type { JsMsg } from '@nats-io/jetstream';
import { unwrapHeaders } from './wrapped-headers.js';
import { CloudEventHeader, readHeaders } from './cloud-events.js';
import { storedEventId } from './event-ids.js';
import { isTransportSubject, TransportHeader } from './names.js';

/** What a stored message says of its event, for those who read a stream without handling what is in it. */
export interface StoredEnvelope {
  /** `ce-id`, or the id that processors see where the publisher gave none. */
  id: string;
  correlationId: string;
  causationId: string | undefined;
  /** `ce-source`; undefined where the publisher did not say. */
  source: string | undefined;
}

/** Never throws: headers that cannot be read say nothing, and the processors of that event see the same. */
export function envelopeOf(message: JsMsg): StoredEnvelope {
  const headers = headersOf(message);
  const id = headers[CloudEventHeader.id] || carriedId(message) || idByPlace(message);
  return {
    id,
    correlationId: headers[CloudEventHeader.correlationId] || id,
    causationId: headers[CloudEventHeader.causationId] || undefined,
    source: headers[CloudEventHeader.source] || undefined,
  };
}

function headersOf(message: JsMsg): Record<string, string> {
  const { subject } = message;
  return (
    unlessBroken(() =>
      readHeaders(isTransportSubject(subject) ? unwrapHeaders(message.headers ?? []) : message.headers),
    ) ?? {}
  );
}

/** A replay carries the id that the event got where it was stored. */
function carriedId(message: JsMsg): string | undefined {
  if (!isTransportSubject(message.subject)) return undefined;
  return unlessBroken(() => message.headers?.get(TransportHeader.eventId));
}

function idByPlace({ info, time }: JsMsg): string {
  return storedEventId({ stream: info.stream, sequence: info.streamSequence, storedAt: time });
}

function unlessBroken<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
