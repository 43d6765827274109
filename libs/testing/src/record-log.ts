import { Logger } from '@nestjs/common';

/** Keeps what is logged from here on, each line behind its level; `Logger.overrideLogger(true)` ends it. */
export function recordLog(): () => string[] {
  const lines: string[] = [];
  const record = (level: string) => (message: unknown) => void lines.push(`${level}: ${String(message)}`);
  Logger.overrideLogger({
    log: record('log'),
    warn: record('warn'),
    error: record('error'),
    fatal: record('fatal'),
  });
  return () => [...lines];
}
