import { performance } from 'node:perf_hooks';

export interface Published {
  /** Number of confirmed events per second. */
  readonly rate: number;
  /** CPU time per event, in microseconds. */
  readonly cpu: number;
}

/**
 * Publishes many events concurrently, first to warm up and then for the measurement. Reports the result to the parent process.
 */
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
