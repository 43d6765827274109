import { quietLog } from '@app/testing';
import { Logger } from '@nestjs/common';

/** Nest logs here what it then hands to the transport, which logs it with the event. Services leave it out too. */
const NESTS_OWN = 'RpcExceptionsHandler';

/** Records what is logged from now on, without what Nest logs of itself. */
export function recordLog(): { readonly lines: string[]; stop: () => void } {
  const lines: string[] = [];
  const record =
    (level: string) =>
    (message: unknown, ...rest: unknown[]): void => {
      if (rest.at(-1) !== NESTS_OWN) lines.push(`${level} ${String(message)}`);
    };
  Logger.overrideLogger({ log: () => undefined, warn: record('warn'), error: record('error') });
  return { lines, stop: () => void Logger.overrideLogger(quietLog) };
}
