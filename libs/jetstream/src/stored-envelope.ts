import type { JsMsg } from '@nats-io/jetstream';
import { CloudEventHeader, readHeaders } from './cloud-events.js';
import { storedEventId } from './event-ids.js';

/** What a stored message says of its event, for those who read a stream without handling what is in it. */
export interface StoredEnvelope {
  /** `ce-id`, or the id that processors see where the publisher gave none. */
  id: string;
  correlationId: string;
  causationId: string | undefined;
  /** `ce-source`; undefined where the publisher did not say. */
  source: string | undefined;
  /** `ce-time`, or when it was stored. */
  time: Date;
  /** By lower-case name, `ce-*` values decoded; empty where they cannot be read. */
  headers: Readonly<Record<string, string>>;
}

/** Never throws: headers that cannot be read say nothing, and the processors of that event see the same. */
export function envelopeOf(message: JsMsg): StoredEnvelope {
  const headers = headersOf(message);
  const id = headers[CloudEventHeader.id] || idByPlace(message);
  const time = new Date(headers[CloudEventHeader.time] ?? '');
  return {
    id,
    correlationId: headers[CloudEventHeader.correlationId] || id,
    causationId: headers[CloudEventHeader.causationId] || undefined,
    source: headers[CloudEventHeader.source] || undefined,
    time: Number.isNaN(time.getTime()) ? message.time : time,
    headers,
  };
}

function headersOf(message: JsMsg): Record<string, string> {
  try {
    return readHeaders(message.headers);
  } catch {
    return {};
  }
}

function idByPlace({ info, time }: JsMsg): string {
  return storedEventId({ stream: info.stream, sequence: info.streamSequence, storedAt: time });
}
