import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant } from './contestant.js';

/** What processes did between two moments of a run. */
export interface Handling {
  /** Events a second, of all together. */
  readonly rate: number;
  /** Microseconds of CPU for each event. */
  readonly cpu: number;
  /** Bytes: the highest peak of a process. */
  readonly rss: number;
}

export interface Span {
  /** Events after which measuring begins: processes are warm by then. */
  readonly from: number;
  /** Events at which it ends. */
  readonly to: number;
}

interface Sample {
  readonly at: number;
  readonly handled: number;
  readonly cpu: number;
  readonly rss: number;
}

const POLL_MS = 10;

/**
 * Watches processes from outside while they handle what is there for them.
 *
 * @param handled events that they have handled so far
 */
export async function measureHandling(
  processes: readonly Contestant[],
  handled: () => number | Promise<number>,
  { from, to }: Span,
): Promise<Handling> {
  const reach = async (count: number): Promise<Sample> => {
    while ((await handled()) < count) {
      for (const contestant of processes) contestant.assertRunning();
      await sleep(POLL_MS);
    }
    // In this order: a busy process may take its time to answer, and counts until it does.
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
  if (count === 0) throw new TooFewEventsError('everything was handled before measuring could begin');
  return {
    rate: count / ((last.at - first.at) / 1_000),
    cpu: (last.cpu - first.cpu) / count,
    rss: last.rss,
  };
}

/** A process may answer nothing until its backlog is done: how much that takes is not known before. */
class TooFewEventsError extends Error {}

/** Measures with twice as many events, and again, where so many were too few. */
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
