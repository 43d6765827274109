import {
  EVENTS_STREAM,
  envelopeOf,
  FAILURES_STREAM,
  readStream,
  type StoredEnvelope,
} from '@cascade/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** Event or failure event that the broker has stored. */
export interface SeenEvent<Data = unknown> extends StoredEnvelope {
  subject: string;
  /** Body of the event as parsed JSON; as text if the body is not valid JSON. */
  data: Data;
  /** Name of the stream and sequence number, such as `EVENTS-17`. */
  place: string;
}

/** Returns all stored events and failure events. The events of each stream are in order. */
export async function storedEvents(connection: NatsConnection): Promise<SeenEvent[]> {
  const seen: SeenEvent[] = [];
  for (const selection of [
    { stream: EVENTS_STREAM, subjects: ['events.>'] },
    { stream: FAILURES_STREAM, subjects: ['failed.>'] },
  ]) {
    for await (const message of readStream(connection, selection)) seen.push(seenEvent(message));
  }
  return seen;
}

/** Formats events as a table, for the error of a failed wait. */
export function tableOf(seen: readonly SeenEvent[]): string {
  if (seen.length === 0) return ' nothing';
  const rows = seen.map(({ subject, source, id, causationId, data }) => [
    ...[subject, source ?? '-', id, causationId ?? '-'],
    (JSON.stringify(data) ?? '').slice(0, 300),
  ]);
  const all = [['subject', 'source', 'id', 'caused by', 'data'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => `\n  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
    .join('');
}

function seenEvent(message: JsMsg): SeenEvent {
  const { stream, streamSequence } = message.info;
  return {
    ...envelopeOf(message),
    subject: message.subject,
    data: dataOf(message),
    place: `${stream}-${streamSequence}`,
  };
}

function dataOf(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return message.string();
  }
}
