import { InvalidEventError } from '../errors.js';
import { shortId } from './event-ids.js';
import { OutgoingHeaders } from './outgoing-headers.js';
import { unlessBroken } from './unless-broken.js';

/** Headers of the CloudEvents 1.0 NATS binding in binary mode. Cascade's extensions follow the naming rules of CloudEvents. */
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

/** Headers of the W3C Trace Context, copied unchanged from an event to its next events. */
export const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/** Attributes of an outgoing event. */
export interface Envelope {
  id: string;
  source: string;
  type: string;
  time: Date;
  correlationId: string;
  causationId?: string | undefined;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Constant parts of the header lines between two values. All parts except the first begin with the end of the previous line. */
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

/**
 * Returns the header lines between the id and the value of the time. The lines of the last event are kept, because consecutive
 * events mostly have the same source and type.
 */
function upToTime(source: string, type: string): string {
  if (source !== lastOrigin?.source || type !== lastOrigin.type) {
    const { source: sourceName, type: typeName, time } = CloudEventHeader;
    const lines = `\r\n${sourceName}: ${percentEncode(source)}\r\n${typeName}: ${percentEncode(type)}\r\n${time}: `;
    lastOrigin = { source, type, lines };
  }
  return lastOrigin.lines;
}

/**
 * Returns the headers of a message by lower-case name, with decoded `ce-*` values. The first value of a repeated header counts.
 *
 * @throws InvalidEventError that names every broken header. A header is broken if it has a control or non-ASCII character, or a
 * `ce-*` value that is not percent-encoded UTF-8.
 */
export function readHeaders(
  headers: Iterable<[string, readonly string[]]> | undefined,
): Record<string, string> {
  // The object has no prototype, because a header may have any name, including `__proto__`.
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

/** Returns a time in RFC 3339. The last result is cached, because many events happen in the same millisecond. */
function timeText(date: Date): string {
  const time = date.getTime();
  if (time !== last.time) last = { time, text: date.toISOString() };
  return last.text;
}

/** Matches the characters to encode: space, double quote, percent and all characters outside U+0021–U+007E. */
const ENCODED = /[^\x21\x23\x24\x26-\x7e]+/;
const EACH_ENCODED = new RegExp(ENCODED, 'g');

let lastPlain = '';

/** Encodes a value as section 3.1.3.2 of the CloudEvents NATS binding requires. */
function percentEncode(value: string): string {
  // Nearly every value stays unchanged, and a test is faster than a replacement. The correlation id often equals the id that was
  // encoded just before.
  if (value === lastPlain) return value;
  if (!ENCODED.test(value)) return (lastPlain = value);
  return value.replace(EACH_ENCODED, (characters) =>
    Array.from(
      Buffer.from(characters, 'utf8'),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

/** Returns the decoded value; undefined if the value is not percent-encoded UTF-8. */
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
