import { performance } from 'node:perf_hooks';

export interface Published {
  /** Confirmed events a second. */
  readonly rate: number;
  /** Microseconds of CPU for each event. */
  readonly cpu: number;
}

/** Publishes with many publishes in flight, first to warm up, then measured, and reports to the parent. */
export async function measurePublishing(publish: () => Promise<unknown>): Promise<void> {
  const { count, window } = JSON.parse(process.env['BENCH'] ?? '{}') as { count: number; window: number };
  const run = async (total: number): Promise<void> => {
    let left = total;
    const work = async () => {
      for (; left > 0;) {
        left -= 1;
        await publish();
      }
    };
    await Promise.all(Array.from({ length: window }, work));
  };
  await run(count / 2);
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  await run(count);
  const { user, system } = process.cpuUsage(cpu);
  const published: Published = {
    rate: count / ((performance.now() - begun) / 1_000),
    cpu: (user + system) / count,
  };
  process.send!(published);
}
