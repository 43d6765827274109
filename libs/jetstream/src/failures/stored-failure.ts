import type { JsMsg } from '@nats-io/jetstream';
import { CloudEventHeader, readHeaders } from '../wire/cloud-events.js';
import { readEvent } from '../contract/contract.js';
import { EventFailed, type EncodedBody, type OriginalEvent } from '../events/event-failed.js';
import type { FailureState } from './failure-state.js';
import { isRetryKey } from '../wire/names.js';

/** A failure event and its state. */
export interface StoredFailure {
  id: string;
  correlationId: string;
  storedAt: Date;
  /** Sequence of the failure event in the stream FAILURES. */
  sequence: number;
  failure: EventFailed;
  /** Name of the event that failed, such as `user.signed-up`. */
  event: string;
  /** Size of the failure event, including its subject and headers, in bytes. */
  bytes: number;
  /** State of the failure event; undefined if the failure event was never replayed, or if its stored state is invalid. */
  state: FailureState | undefined;
  /** Sequence of the state in the stream FAILURES; 0 if there is no state. */
  stateSequence: number;
}

/** Parts of a message from which a failure event is read. */
export interface FailureMessage extends Pick<JsMsg, 'subject' | 'data' | 'seq' | 'time'> {
  headers?: Iterable<[string, string[]]>;
}

/** Returns the failure event in a message; undefined for any other message, because any client may publish on `failed.>`. */
export async function readFailure(
  message: FailureMessage,
): Promise<Omit<StoredFailure, 'state' | 'stateSequence'> | undefined> {
  try {
    const [, processor, ...event] = message.subject.split('.');
    const headers = readHeaders(message.headers);
    const failure = await readEvent(EventFailed, message.data, headers[CloudEventHeader.type]);
    const id = headers[CloudEventHeader.id] ?? '';
    if (!isRetryKey(id) || failure.processor !== processor || !isOriginal(failure.original)) return undefined;
    return {
      id,
      correlationId: headers[CloudEventHeader.correlationId] ?? id,
      storedAt: message.time,
      sequence: message.seq,
      failure,
      event: event.join('.'),
      bytes: bytesOf(message),
    };
  } catch {
    return undefined;
  }
}

function bytesOf({ subject, headers, data }: FailureMessage): number {
  const lines = [...(headers ?? [])].flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}\r\n`),
  );
  return subject.length + data.length + Buffer.byteLength(lines.join(''));
}

function isOriginal({ stream, sequence, subject, eventId, headers, body }: Partial<OriginalEvent>): boolean {
  return (
    areStrings([stream, subject, eventId]) &&
    isRetryKey(stream!) &&
    Number.isSafeInteger(sequence) &&
    (headers === undefined || areHeaders(headers)) &&
    (body === undefined || isBody(body))
  );
}

export function areHeaders(headers: Record<string, string[]>): boolean {
  return Object.values(headers).every((values) => Array.isArray(values) && areStrings(values));
}

export function isBody({ encoding, data }: EncodedBody): boolean {
  return ['utf-8', 'base64'].includes(encoding) && typeof data === 'string';
}

function areStrings(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}
