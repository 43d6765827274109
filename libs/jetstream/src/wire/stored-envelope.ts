import type { JsMsg } from '@nats-io/jetstream';
import { unwrapHeaders } from './wrapped-headers.js';
import { CloudEventHeader, readHeaders } from './cloud-events.js';
import { storedEventId } from './event-ids.js';
import { isTransportSubject, TransportHeader } from './names.js';
import { unlessBroken } from './unless-broken.js';

/** Attributes of a stored event, for readers that do not handle the event. */
export interface StoredEnvelope {
  /** `ce-id`, or the id that processors see if the publisher set no `ce-id`. */
  id: string;
  correlationId: string;
  causationId: string | undefined;
  /** `ce-source`; undefined if the publisher set no `ce-source`. */
  source: string | undefined;
}

/** Returns the attributes of a stored event. Never throws. Headers that cannot be read count as missing. */
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

/**
 * Returns the derived id that a retry or a replay carries; undefined or empty if the message carries no such id. The id was
 * derived from the event's first place in a stream.
 */
function carriedId(message: JsMsg): string | undefined {
  if (!isTransportSubject(message.subject)) return undefined;
  return unlessBroken(() => message.headers?.get(TransportHeader.eventId));
}

function idByPlace({ info, time }: JsMsg): string {
  return storedEventId({ stream: info.stream, sequence: info.streamSequence, storedAt: time });
}
