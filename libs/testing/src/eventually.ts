import { setTimeout as delay } from 'node:timers/promises';

const LATE = Symbol('late');

export interface EventuallyOptions {
  /** Milliseconds until it gives up. Default 15,000: generous, since a test that passes does not wait for it. */
  timeout?: number;
  /** Milliseconds between two tries. Default 20. */
  interval?: number;
}

/**
 * Calls `attempt` until it neither throws nor rejects, and resolves to what it returned. In place of sleeping in tests:
 * `await eventually(() => expect(received).toHaveLength(2))`.
 *
 * @throws NeverHappenedError when time is over; its message and cause are those of the last try
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeout = 15_000, interval = 20 }: EventuallyOptions = {},
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
      if ((await Promise.race([delay(interval), late])) === LATE) throw new NeverHappenedError(timeout, last);
    }
  } finally {
    over.abort();
  }
}

/** What a test waited for did not come about in time. */
export class NeverHappenedError extends Error {
  constructor(timeout: number, cause: unknown) {
    super(`Not within ${timeout} ms: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'NeverHappenedError';
  }
}
