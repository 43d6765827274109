import { Logger, type LoggerService } from '@nestjs/common';

/** Maximum number of lines to keep. */
const KEPT = 30;
/** Context in which Nest logs an error that it also throws. The transport logs the same error with the event and the attempt. */
const LOGGED_AGAIN = 'RpcExceptionsHandler';
const kept: string[] = [];
const captures = new Set<string[]>();

/**
 * Logger for Nest that prints nothing, so that passing tests are quiet. Warnings and errors are kept, and {@link eventually} adds
 * them to its error.
 */
export const quietLog: LoggerService = {
  log: (message: unknown) => capture('log', message),
  warn: keepAs('warn'),
  error: keepAs('error'),
  fatal: keepAs('fatal'),
};

/** Returns the kept lines, starting with the oldest, with the time of day in UTC and without stacks. */
export function keptWarnings(): readonly string[] {
  return kept;
}

/** Records messages from now on without printing them. The returned function returns lines such as `warn: cannot pull`. */
export function recordLog(): () => string[] {
  const lines: string[] = [];
  captures.add(lines);
  Logger.overrideLogger(quietLog);
  return () => [...lines];
}

function capture(level: string, message: unknown): void {
  for (const lines of captures) lines.push(`${level}: ${String(message)}`);
}

function keepAs(level: string) {
  return (message: unknown, ...details: unknown[]): void => {
    if (details.at(-1) === LOGGED_AGAIN) return;
    capture(level, message);
    const time = new Date().toISOString().slice(11, 23);
    const parts = [time, level, message, ...details].filter((part) => part !== undefined);
    const lines = parts.map(String).map((part) => part.split('\n', 1)[0]);
    kept.push(lines.join(' '));
    if (kept.length > KEPT) kept.shift();
  };
}
