import { Logger, type LoggerService } from '@nestjs/common';

/** Lines; the last ones tell most. */
const KEPT = 30;
/** Nest logs here what it then hands on: the transport tells it again, with the event and the attempt. */
const TOLD_AGAIN = 'RpcExceptionsHandler';
const kept: string[] = [];
const captures = new Set<string[]>();

/**
 * A logger for Nest that prints nothing, so that a test which passes is quiet. It keeps warnings and errors: {@link eventually}
 * tells them when it waits in vain.
 */
export const quietLog: LoggerService = {
  log: (message: unknown) => capture('log', message),
  warn: keepAs('warn'),
  error: keepAs('error'),
  fatal: keepAs('fatal'),
};

/** Oldest first, with the time of day in UTC, and without stacks. */
export function keptWarnings(): readonly string[] {
  return kept;
}

/** Keeps what is logged from here on, each message behind its level, such as `warn: cannot pull`; nothing of it is printed. */
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
    if (details.at(-1) === TOLD_AGAIN) return;
    capture(level, message);
    const time = new Date().toISOString().slice(11, 23);
    const parts = [time, level, message, ...details].filter((part) => part !== undefined);
    const lines = parts.map(String).map((part) => part.split('\n', 1)[0]);
    kept.push(lines.join(' '));
    if (kept.length > KEPT) kept.shift();
  };
}
