import type { Violation } from './errors.js';
import type { FailureReason } from './outcomes.js';

/** `ce-type` of every failure event; which processor and event it is about stands in the subject and the body. */
export const FAILURE_EVENT_TYPE = 'event.failed.v1';

/** Longest message and stack that a failure event carries, in characters. */
const MAX_ERROR_TEXT = 8_192;

/** The body of a failure event: the dead letter, and the news that a processor gave up on an event. */
export interface FailureEvent {
  processor: string;
  reason: FailureReason;
  attempts: number;
  firstAttemptAt: string;
  lastAttemptAt: string;
  error: FailureError;
  original: OriginalEvent;
}

export interface FailureError {
  name: string;
  message: string;
  stack?: string;
  cause?: FailureError;
  violations?: Violation[];
}

/** The event as it was delivered. */
export interface OriginalEvent {
  /** Where it is stored, for as long as the stream keeps it. */
  stream: string;
  sequence: number;
  subject: string;
  eventId: string;
  /** As received; left out where they could not be read. */
  headers?: Record<string, string[]>;
  /** Bytes of the body. */
  size: number;
  /** The bytes of the body: as text where they are UTF-8, else in base64. Left out where the failure event has no room. */
  body?: { encoding: 'utf-8' | 'base64'; data: string };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function bodyOf(bytes: Uint8Array): NonNullable<OriginalEvent['body']> {
  try {
    return { encoding: 'utf-8', data: utf8.decode(bytes) };
  } catch {
    return { encoding: 'base64', data: Buffer.from(bytes).toString('base64') };
  }
}

/** What of an error is kept, with its causes, three deep at most. */
export function describeError(error: unknown, depth = 0): FailureError {
  if (!(error instanceof Error)) return { name: typeof error, message: cut(String(error)) };
  const { violations } = error as { violations?: Violation[] };
  return {
    name: error.name === 'Error' ? error.constructor.name : error.name,
    message: cut(error.message),
    ...(error.stack ? { stack: cut(error.stack) } : {}),
    ...(error.cause !== undefined && depth < 3 ? { cause: describeError(error.cause, depth + 1) } : {}),
    ...(violations && violations.length > 0 ? { violations } : {}),
  };
}

/**
 * The failure event as bytes of at most `limit`: where there is no room, first the original's body is left out (it stays
 * in the stream, named by `stream` and `sequence`), then its headers.
 */
export function encodeFailure(failure: FailureEvent, limit: number): Uint8Array {
  const { body: _body, ...withoutBody } = failure.original;
  const { headers: _headers, ...reference } = withoutBody;
  for (const original of [failure.original, withoutBody]) {
    const bytes = Buffer.from(JSON.stringify({ ...failure, original }));
    if (bytes.length <= limit) return bytes;
  }
  return Buffer.from(JSON.stringify({ ...failure, original: reference }));
}

function cut(text: string): string {
  return text.length > MAX_ERROR_TEXT ? `${text.slice(0, MAX_ERROR_TEXT)}…` : text;
}
