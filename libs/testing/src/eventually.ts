import { setTimeout as delay } from 'node:timers/promises';
import { keptWarnings } from './quiet-log.js';

const LATE = Symbol('late');
/** Milliseconds to tell in what there was instead: whoever is asked may be what hangs. */
const TELL_WITHIN = 2_000;

export interface EventuallyOptions {
  /** Milliseconds until it gives up. Default 15,000: generous, since a test that passes does not wait for it. */
  timeout?: number;
  /** Milliseconds between two tries. Default 20. */
  interval?: number;
  /** Asked once when time is over: what there was instead, for the message. */
  instead?: () => Promise<string>;
}

/**
 * Calls `attempt` until it neither throws nor rejects, and resolves to what it returned. In place of sleeping in tests:
 * `await eventually(() => expect(received).toHaveLength(2))`.
 *
 * @throws NeverHappenedError when time is over; its message and cause are those of the last try, followed by what there was `instead` and
 * what was logged, where the test's services log to {@link quietLog}
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeout = 15_000, interval = 20, instead }: EventuallyOptions = {},
): Promise<T> {
  const over = new AbortController();
  const late = delay(timeout, LATE, { signal: over.signal });
  late.catch(() => {});
  let last: unknown = new Error('the first try did not come to an end');
  try {
    for (;;) {
      try {
        // Raced: a try that hangs must not hang the test.
        const result = await Promise.race([attempt(), late]);
        if (result !== LATE) return result;
      } catch (error) {
        last = error;
      }
      if ((await Promise.race([delay(interval), late])) === LATE) {
        throw new NeverHappenedError(timeout, last, [...(await tell(instead)), ...logged()]);
      }
    }
  } finally {
    over.abort();
  }
}

/** What a test waited for did not come about in time. */
export class NeverHappenedError extends Error {
  constructor(timeout: number, cause: unknown, details: readonly string[] = []) {
    const last = cause instanceof Error ? cause.message : String(cause);
    super([`Not within ${timeout} ms: ${last}`, ...details].join('\n'), { cause });
    this.name = 'NeverHappenedError';
  }
}

async function tell(instead: EventuallyOptions['instead']): Promise<string[]> {
  if (!instead) return [];
  const told = new AbortController();
  const late = delay(TELL_WITHIN, 'It takes too long to tell what there is.', { signal: told.signal });
  late.catch(() => {});
  try {
    return [await Promise.race([instead(), late])];
  } catch (error) {
    return [`It cannot be told what there is: ${String(error)}`];
  } finally {
    told.abort();
  }
}

function logged(): string[] {
  const lines = keptWarnings();
  return lines.length > 0 ? ['Logged was:', ...lines.map((line) => `  ${line}`)] : [];
}
