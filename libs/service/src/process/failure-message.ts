import { describeError, errorReport } from '@cascade/jetstream';
import { inspect } from 'node:util';

/**
 * Returns what to log about an error that ended a start. For an error with a code, or with a name that is not built in, the
 * message explains what to do. Any other error is a mistake in the code, so its stack is logged.
 */
export function failureMessage(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const { code } = error as { code?: unknown };
  const isOperational = !(error.name in globalThis) || typeof code === 'string';
  return isOperational ? error.message || `${error.name} ${String(code)}` : errorReport(describeError(error));
}
