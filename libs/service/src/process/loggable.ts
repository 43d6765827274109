import { describeError, errorReport, isCredential, redact } from '@cascade/jetstream';
import { inspect } from 'node:util';

/** Levels of an object that are logged: as many as Nest shows. */
const MAX_DEPTH = 6;
/** Values that are logged of one object, on all levels. */
const MAX_VALUES = 1_000;
const LEFT_OUT = '[…]';

/**
 * A copy of what is logged: credentials are made unreadable, addresses and phone numbers masked, and errors described as the
 * transport describes them. Bytes are counted, for they may be text. Never throws.
 */
export function loggable(logged: unknown): unknown {
  let count = 0;
  const copy = (value: unknown, parents: readonly unknown[]): unknown => {
    if ((count += 1) > MAX_VALUES) return LEFT_OUT;
    if (typeof value === 'string') return redact(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Error) return described(value);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (parents.includes(value)) return '[Circular]';
    if (parents.length === MAX_DEPTH) return LEFT_OUT;

    const child = (part: unknown) => copy(part, [...parents, value]);
    const field = ([name, part]: [unknown, unknown]) =>
      [child(name), typeof name === 'string' && isCredential(name) ? '***' : child(part)] as const;
    if (Array.isArray(value)) return value.slice(0, MAX_VALUES).map(child);
    if (value instanceof Set) return new Set([...value].map(child));
    if (value instanceof Map) return new Map([...value].map(field));
    const { toJSON } = value as { toJSON?: () => unknown };
    if (typeof toJSON === 'function') return child(toJSON.call(value));
    return Object.fromEntries(Object.entries(value).map(field));
  };
  try {
    return copy(logged, []);
  } catch {
    return 'what was logged cannot be shown';
  }
}

/** Its fields in JSON, and its report in a text. */
function described(error: Error): object {
  const description = describeError(error);
  return { ...description, [inspect.custom]: () => errorReport(description) };
}
