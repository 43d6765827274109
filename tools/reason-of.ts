import { types } from 'node:util';

/** The message of an error's innermost cause: `fetch` says only "fetch failed", and its cause says why. */
export function reasonOf(error: unknown): string {
  // Jest runs specs in a realm of its own, where Node's errors are not instances of Error.
  if (!types.isNativeError(error)) return String(error);
  const { cause, message, code, name } = error as NodeJS.ErrnoException;
  // A host whose addresses all refuse gives an AggregateError with a code and no message.
  return types.isNativeError(cause) ? reasonOf(cause) : message || code || name;
}
