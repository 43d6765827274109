import { types } from 'node:util';

/** Returns the message of an error's innermost cause. For example, `fetch` only says "fetch failed", and its cause says why. */
export function reasonOf(error: unknown): string {
  // Jest runs specs in a separate realm, where Node's errors are not instances of Error.
  if (!types.isNativeError(error)) return String(error);
  const { cause, message, code, name } = error as NodeJS.ErrnoException;
  // If all addresses of a host refuse the connection, the AggregateError has a code but no message.
  return types.isNativeError(cause) ? reasonOf(cause) : message || code || name;
}
