import { InvalidArgumentError } from 'commander';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const TIME_FORMS = '15m, 2h or 3d ago, or a time such as 2026-11-23T09:30Z';

/**
 * Parses a time, which is an age such as `2h` or a date.
 *
 * @throws InvalidArgumentError for any other text
 */
export function parseTime(text: string, now: () => number = Date.now): Date {
  const ago = /^(\d+)([smhdw])$/.exec(text);
  if (ago) return new Date(now() - Number(ago[1]) * UNITS[ago[2]!]!);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError(`It must be ${TIME_FORMS}.`);
  return time;
}

/** Parses the value of an option. Drops commander's second argument, which is the previous value. */
function timeOption(text: string): Date {
  return parseTime(text);
}

export const SINCE_OPTION = ['--since <time>', `stored since then: ${TIME_FORMS}`, timeOption] as const;
export const UNTIL_OPTION = ['--until <time>', 'stored before then', timeOption] as const;
