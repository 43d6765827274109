import type { JsMsg } from '@nats-io/jetstream';
import { unwrapHeaders } from './wrapped-headers.js';
import { CloudEventHeader, readHeaders } from './cloud-events.js';
import { storedEventId } from './event-ids.js';
import { isTransportSubject, TransportHeader } from './names.js';
import { unlessBroken } from './unless-broken.js';

/** The attributes of a stored event, for readers that do not handle it. */
export interface StoredEnvelope {
  /** `ce-id`, or the id that processors see if the publisher gave none. */
  id: string;
  correlationId: string;
  causationId: string | undefined;
  /** `ce-source`; undefined if the publisher gave none. */
  source: string | undefined;
}

/** Never throws: if headers cannot be read, the result is the same as if they were missing. */
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

/** A replay carries the id that was derived where the event was stored first. */
function carriedId(message: JsMsg): string | undefined {
  if (!isTransportSubject(message.subject)) return undefined;
  return unlessBroken(() => message.headers?.get(TransportHeader.eventId));
}

function idByPlace({ info, time }: JsMsg): string {
  return storedEventId({ stream: info.stream, sequence: info.streamSequence, storedAt: time });
}
