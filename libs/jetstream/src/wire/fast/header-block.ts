/**
 * Fast path that reads the headers of an event without building a header object. If `readHeaderBlock` cannot read a block,
 * `readHeaders` reads the block. header-block.unit.spec.ts checks that `readHeaderBlock` and `readHeaders` return the same
 * headers.
 */

import { percentDecode } from '../cloud-events.js';

/** Matches a first line without a status, followed by lines of `name: value` in printable ASCII. */
const PLAIN = /^NATS\/1\.0\r\n(?:[\x21-\x39\x3b-\x7e]+:[\x20-\x7e]*\r\n)*\r\n$/;

/** Matches a value that needs neither decoding nor trimming. */
const VALUE = '([!#$&-~]+)';
/** Matches the headers that this transport writes. Nearly every event has such headers. */
export const OWN_LAYOUT = new RegExp(
  '^NATS/1\\.0\r\n' +
    `ce-specversion: 1\\.0\r\nce-id: ${VALUE}\r\nce-source: ${VALUE}\r\nce-type: ${VALUE}\r\nce-time: ${VALUE}\r\n` +
    `ce-datacontenttype: application/json\r\nce-correlationid: ${VALUE}\r\n(?:ce-causationid: ${VALUE}\r\n)?` +
    `(?:traceparent: ${VALUE}\r\n(?:tracestate: ${VALUE}\r\n)?)?Nats-Msg-Id: ${VALUE}\r\n\r\n$`,
);

/**
 * Class that inherits nothing, so that `headers.constructor` is undefined. Creating an instance is much faster than
 * `Object.create(null)`.
 */
const Empty = function () {} as unknown as new () => Record<string, string>;
Empty.prototype = Object.freeze(Object.create(null) as object);

/**
 * Reads a block of headers as `readHeaders` does. Returns undefined for an unusual block. `readHeaders` must then read the block,
 * and reports its faults.
 */
export function readHeaderBlock(bytes: Uint8Array): Record<string, string> | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const own = OWN_LAYOUT.exec(text);
  if (own) return readOwn(own);
  if (!PLAIN.test(text)) return undefined;
  const read = Object.create(null) as Record<string, string>;
  // Reads from the second line up to the empty line.
  for (let at = text.indexOf('\n') + 1; at < text.length - 2;) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r', colon);
    const name = text.slice(at, colon).toLowerCase();
    const value = text.slice(colon + 1, end).trim();
    const decoded = name.startsWith('ce-') ? percentDecode(value) : value;
    if (decoded === undefined) return undefined;
    read[name] ??= decoded;
    at = end + 2;
  }
  return read;
}

function readOwn(parts: RegExpExecArray): Record<string, string> {
  const [, id, source, type, time, correlationId, causationId, traceParent, traceState, messageId] = parts;
  const read = new Empty();
  read['ce-specversion'] = '1.0';
  read['ce-id'] = id!;
  read['ce-source'] = source!;
  read['ce-type'] = type!;
  read['ce-time'] = time!;
  read['ce-datacontenttype'] = 'application/json';
  read['ce-correlationid'] = correlationId!;
  if (causationId !== undefined) read['ce-causationid'] = causationId;
  if (traceParent !== undefined) read['traceparent'] = traceParent;
  if (traceState !== undefined) read['tracestate'] = traceState;
  read['nats-msg-id'] = messageId!;
  return read;
}
