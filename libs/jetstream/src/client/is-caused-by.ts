/** Returns true if the error or its cause is of this class. The client wraps some errors in other errors. */
export function isCausedBy(error: unknown, type: new (...args: never[]) => Error): boolean {
  return [error, (error as Error).cause].some((candidate) => candidate instanceof type);
}
