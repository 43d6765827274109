import { describeError, errorReport } from '@cascade/jetstream';
import { inspect } from 'node:util';

/**
 * Returns the log message for an error that ended a start. Only the message is logged if the error has a code or a custom name.
 * Such a message explains what to do. Any other error is a mistake in the code, so its stack is logged.
 */
export function failureMessage(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const { code } = error as { code?: unknown };
  const isOperational = !(error.name in globalThis) || typeof code === 'string';
  return isOperational ? error.message || `${error.name} ${String(code)}` : errorReport(describeError(error));
}
