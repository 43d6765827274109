/** Returns the result of `read`; undefined if `read` throws. The client throws an error when it parses broken headers. */
export function unlessBroken<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
