/** Returns the message of an error's innermost cause. For example, `fetch` only says "fetch failed", and its cause says why. */
export function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error);
  const { cause, message, code, name } = error;
  // If all addresses of a host refuse the connection, the AggregateError has a code but no message.
  return isError(cause) ? reasonOf(cause) : message || code || name;
}

/** Does not use `instanceof`, because Jest runs specs in a separate realm, where Node's errors are not instances of Error. */
function isError(value: unknown): value is NodeJS.ErrnoException {
  return typeof (value as Partial<Error> | null | undefined)?.message === 'string';
}
