import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant } from './contestant.js';

/** Figures of one or more processes during a measurement. */
export interface Handling {
  /** Number of events that all processes handled per second. */
  readonly rate: number;
  /** CPU time per event, in microseconds. */
  readonly cpu: number;
  /** Highest peak memory of any process since its start, in bytes. */
  readonly rss: number;
}

export interface Span {
  /** Number of handled events at which the measurement begins. By then, the processes have warmed up. */
  readonly from: number;
  /** Number of handled events at which the measurement ends. */
  readonly to: number;
}

const POLL_MS = 10;

/**
 * Measures processes while they handle a backlog.
 *
 * @param handled returns the number of handled events
 */
export async function measureHandling(
  processes: readonly Contestant[],
  handled: () => number | Promise<number>,
  { from, to }: Span,
): Promise<Handling> {
  const reach = async (count: number) => {
    while ((await handled()) < count) {
      for (const contestant of processes) contestant.assertRunning();
      await sleep(POLL_MS);
    }
    // Counts the events after all processes have reported their usage. A busy process reports late, and handles more events until
    // then.
    const usages = await Promise.all(processes.map((contestant) => contestant.usage()));
    const reached = await handled();
    const at = performance.now();
    return {
      at,
      handled: reached,
      cpu: usages.reduce((sum, { cpu }) => sum + cpu, 0),
      rss: Math.max(...usages.map(({ rss }) => rss)),
    };
  };
  const first = await reach(from);
  const last = await reach(to);
  const count = last.handled - first.handled;
  if (count === 0) throw new TooFewEventsError('all events were handled before the measurement could begin');
  return {
    rate: count / ((last.at - first.at) / 1_000),
    cpu: (last.cpu - first.cpu) / count,
    rss: last.rss,
  };
}

/**
 * Error for a measurement that covers no events. A busy process may report its usage only after it has handled its whole backlog.
 * The required number of events is therefore not known in advance.
 */
class TooFewEventsError extends Error {}

/** Runs a measurement. While the measurement covers no events, repeats the measurement with twice as many events. */
export async function withEnough(
  count: number,
  measure: (count: number) => Promise<Handling>,
): Promise<Handling> {
  try {
    return await measure(count);
  } catch (error) {
    if (!(error instanceof TooFewEventsError)) throw error;
    return withEnough(count * 2, measure);
  }
}
