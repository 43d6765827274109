import { describeError, errorReport } from '@cascade/jetstream';
import { inspect } from 'node:util';

/**
 * What to tell of an error that ended a start. An error with a name or a code of its own says what happened and what to do:
 * its message will do. Any other is a mistake in the code, and its stack says where.
 */
export function failureMessage(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const { code } = error as { code?: unknown };
  const isOperational = !(error.name in globalThis) || typeof code === 'string';
  return isOperational ? error.message || `${error.name} ${String(code)}` : errorReport(describeError(error));
}
