import { InvalidEventError } from '../errors.js';
import { shortId } from './event-ids.js';
import { OutgoingHeaders } from './outgoing-headers.js';
import { unlessBroken } from './unless-broken.js';

/** Headers of the CloudEvents 1.0 NATS binding in binary mode. Cascade's extensions follow its naming rules. */
export const CloudEventHeader = {
  specVersion: 'ce-specversion',
  id: 'ce-id',
  source: 'ce-source',
  type: 'ce-type',
  time: 'ce-time',
  dataContentType: 'ce-datacontenttype',
  correlationId: 'ce-correlationid',
  causationId: 'ce-causationid',
} as const;

/** W3C Trace Context, copied unchanged from an event to its next events. */
export const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/** The attributes of an outgoing event. */
export interface Envelope {
  id: string;
  source: string;
  type: string;
  time: Date;
  correlationId: string;
  causationId?: string | undefined;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Constant parts of the header lines between two values. All but the first begin with the end of the line before. */
const UP_TO_ID = `${CloudEventHeader.specVersion}: 1.0\r\n${CloudEventHeader.id}: `;
const UP_TO_CORRELATION_ID = `\r\n${CloudEventHeader.dataContentType}: application/json\r\n${CloudEventHeader.correlationId}: `;
const UP_TO_CAUSATION_ID = `\r\n${CloudEventHeader.causationId}: `;

export function toHeaders(envelope: Envelope, extra?: Readonly<Record<string, string>>): OutgoingHeaders {
  const { id, source, type, time, correlationId, causationId } = envelope;
  const cause =
    causationId === undefined ? '' : `${UP_TO_CAUSATION_ID}${percentEncode(shortId(causationId))}`;
  const headers = new OutgoingHeaders(
    `${UP_TO_ID}${percentEncode(id)}${upToTime(source, type)}${timeText(time)}` +
      `${UP_TO_CORRELATION_ID}${percentEncode(shortId(correlationId))}${cause}\r\n`,
  );
  if (extra) for (const [name, value] of Object.entries(extra)) headers.add(name, value);
  return headers;
}

let lastOrigin: { source: string; type: string; lines: string } | undefined;

/** Kept from the last event: consecutive events mostly have the same source and type. */
function upToTime(source: string, type: string): string {
  if (source !== lastOrigin?.source || type !== lastOrigin.type) {
    const { source: sourceName, type: typeName, time } = CloudEventHeader;
    const lines = `\r\n${sourceName}: ${percentEncode(source)}\r\n${typeName}: ${percentEncode(type)}\r\n${time}: `;
    lastOrigin = { source, type, lines };
  }
  return lastOrigin.lines;
}

/**
 * Returns the headers of a message by lower-case name, with decoded `ce-*` values. Of a repeated header, the first value counts.
 *
 * @throws InvalidEventError naming every header that has a control or non-ASCII character, or a `ce-*` value that is not
 * percent-encoded UTF-8
 */
export function readHeaders(
  headers: Iterable<[string, readonly string[]]> | undefined,
): Record<string, string> {
  // Without a prototype, because a header may have any name, `__proto__` included.
  const read = Object.create(null) as Record<string, string>;
  const broken: string[] = [];
  for (const [name, values] of headers ?? []) {
    const value = values[0] ?? '';
    const key = name.toLowerCase();
    const decoded = key.startsWith('ce-') ? percentDecode(value) : value;
    if (decoded === undefined || !PRINTABLE_ASCII.test(value)) broken.push(name);
    else read[key] ??= decoded;
  }
  if (broken.length > 0) {
    throw new InvalidEventError(
      `header ${broken.map((name) => JSON.stringify(name)).join(', ')} has a character outside printable ASCII ` +
        'or a broken percent-encoding; CloudEvents headers are percent-encoded UTF-8',
      broken.map((name) => ({
        field: name,
        rule: 'printableAscii',
        message: `header ${name} is not printable ASCII`,
      })),
    );
  }
  return read;
}

/** Returns the `ce-id`; undefined if it is missing or empty, or if the headers cannot be read. */
export function idIn(headers: Readonly<Record<string, readonly string[]>>): string | undefined {
  return unlessBroken(() => readHeaders(Object.entries(headers))[CloudEventHeader.id]) || undefined;
}

let last = { time: NaN, text: '' };

/** RFC 3339 text, kept from the last event: many events have the same millisecond. */
function timeText(date: Date): string {
  const time = date.getTime();
  if (time !== last.time) last = { time, text: date.toISOString() };
  return last.text;
}

/** Space, double quote, percent and all characters outside U+0021–U+007E. */
const ENCODED = /[^\x21\x23\x24\x26-\x7e]+/;
const EACH_ENCODED = new RegExp(ENCODED, 'g');

let lastPlain = '';

/** Encodes a value as section 3.1.3.2 of the CloudEvents NATS binding requires. */
function percentEncode(value: string): string {
  // Nearly every value stays as it is, and a test is faster than a replacement. Often the correlation id equals the id before.
  if (value === lastPlain) return value;
  if (!ENCODED.test(value)) return (lastPlain = value);
  return value.replace(EACH_ENCODED, (characters) =>
    Array.from(
      Buffer.from(characters, 'utf8'),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

/** Returns undefined if the value is not percent-encoded UTF-8. */
export function percentDecode(value: string): string | undefined {
  const unquoted =
    value.startsWith('"') && /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  if (!unquoted.includes('%')) return unquoted;
  try {
    return decodeURIComponent(unquoted);
  } catch {
    return undefined;
  }
}
