import { setTimeout as delay } from 'node:timers/promises';
import { keptWarnings } from './quiet-log.js';

const LATE = Symbol('late');
/** Timeout of `instead`, in milliseconds. A timeout is needed, because `instead` may hang as well. */
const INSTEAD_TIMEOUT_MS = 2_000;

export interface EventuallyOptions {
  /** Timeout in milliseconds. Default 15,000. The default is generous, because only a failing test waits that long. */
  timeout?: number;
  /** Interval between two attempts, in milliseconds. Default 20. */
  interval?: number;
  /** Describes the actual state for the error. Called once after the timeout. */
  instead?: () => Promise<string>;
}

/**
 * Calls `attempt` until it neither throws nor rejects, and resolves to its result. Use this function instead of sleeping: `await
 * eventually(() => expect(received).toHaveLength(2))`.
 *
 * @throws NeverHappenedError after the timeout. The message contains the error of the last attempt, the result of `instead`, and
 *   the warnings in {@link quietLog}.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeout = 15_000, interval = 20, instead }: EventuallyOptions = {},
): Promise<T> {
  const over = new AbortController();
  const late = delay(timeout, LATE, { signal: over.signal });
  late.catch(() => {});
  let last: unknown = new Error('the first attempt did not end');
  try {
    for (;;) {
      try {
        // An attempt that hangs must not hang the test.
        const result = await Promise.race([attempt(), late]);
        if (result !== LATE) return result;
      } catch (error) {
        last = error;
      }
      if ((await Promise.race([delay(interval), late])) === LATE) {
        throw new NeverHappenedError(timeout, last, [...(await stateOf(instead)), ...logged()]);
      }
    }
  } finally {
    over.abort();
  }
}

/** Thrown if a condition of a test did not come true in time. */
export class NeverHappenedError extends Error {
  constructor(timeout: number, cause: unknown, details: readonly string[] = []) {
    const last = cause instanceof Error ? cause.message : String(cause);
    super([`Not within ${timeout} ms: ${last}`, ...details].join('\n'), { cause });
    this.name = 'NeverHappenedError';
  }
}

async function stateOf(instead: EventuallyOptions['instead']): Promise<string[]> {
  if (!instead) return [];
  const late = delay(INSTEAD_TIMEOUT_MS, 'The actual state could not be read in time.', { ref: false });
  try {
    return [await Promise.race([instead(), late])];
  } catch (error) {
    return [`The actual state could not be read: ${String(error)}`];
  }
}

function logged(): string[] {
  const lines = keptWarnings();
  return lines.length > 0 ? ['Logged:', ...lines.map((line) => `  ${line}`)] : [];
}
