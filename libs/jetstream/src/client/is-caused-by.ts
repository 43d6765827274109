/** True if the error, or its cause, is of this class: the client wraps some errors. */
export function isCausedBy(error: unknown, type: new (...args: never[]) => Error): boolean {
  return [error, (error as Error).cause].some((candidate) => candidate instanceof type);
}
