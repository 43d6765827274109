import { describeError, errorReport, isCredential, redact } from '@cascade/jetstream';
import { inspect } from 'node:util';

/** Maximum number of levels of an object that are logged. Nest uses the same number. */
const MAX_DEPTH = 6;
/** Maximum number of values of an object that are logged, on all levels together. */
const MAX_VALUES = 1_000;
const LEFT_OUT = '[…]';

/**
 * Copies a value for the log. Credentials are replaced, addresses and phone numbers are masked, and errors are described as in
 * the transport. Only the length of binary data is logged, because the data may be text. Never throws.
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
    return 'this value cannot be logged';
  }
}

/** Returns an object that represents the error. JSON logs show the description of the error, and text logs show the report. */
function described(error: Error): object {
  const description = describeError(error);
  return { ...description, [inspect.custom]: () => errorReport(description) };
}
