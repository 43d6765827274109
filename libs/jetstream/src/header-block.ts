import { percentDecode } from './cloud-events.js';

/** A first line without a status, and then nothing but printable ASCII in lines of `name: value`. */
const PLAIN = /^NATS\/1\.0\r\n(?:[\x21-\x39\x3b-\x7e]+:[\x20-\x7e]*\r\n)*\r\n$/;

/**
 * Headers as {@link readHeaders} gives them, from their bytes, without an object for each. Undefined where anything is
 * unusual: then `readHeaders` has to look, and says what is wrong.
 */
export function readHeaderBlock(bytes: Uint8Array): Record<string, string> | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (!PLAIN.test(text)) return undefined;
  const read = Object.create(null) as Record<string, string>;
  // Behind the first line, and before the empty one.
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
