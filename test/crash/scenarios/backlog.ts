import type { Scenario } from '../scenario.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem, type Totals } from '../system/worker-system.js';
import { type Trial } from '../trial.js';

const MEBIBYTE = 2 ** 20;

export const backlog: Scenario = {
  name: 'backlog',
  mustShow: 'all done, RSS of the processor ≤ 300 MB, rate at the end ≥ 80 % of the start',
  run,
};

async function run(trial: Trial): Promise<void> {
  const count = trial.scale(1_000_000, 10_000);
  const system = await WorkerSystem.start(trial);
  trial.done = `a backlog of ${count} events, handled by one process without a database`;
  const worker = await system.work({ processor: 'worker', tellEach: false });
  await worker.service.terminate();
  const published = await publishAll(system.client.connection, tasks(count));
  trial.log(`${published} events are stored`);

  worker.totals.length = 0;
  worker.service.launch();
  await worker.service.ready();
  await system.untilDone(worker, 1_200_000);
  await worker.service.terminate();

  const { totals } = worker;
  const done = totals.at(-1)!.total;
  const rss = Math.max(...totals.map((one) => one.rss)) / MEBIBYTE;
  const [start, end] = [rateBetween(totals, 0.05, 0.15, count), rateBetween(totals, 0.85, 0.95, count)];
  trial.expectEqual('events done', done, count);
  trial.expectAtMost('RSS', rss, 300, ' MiB');
  if (!trial.short)
    trial.expectAtLeast('rate at the end, of that at the start', (end / start) * 100, 80, ' %');
  trial.figure(`${done} done, RSS at most ${Math.round(rss)} MiB`);
  if (!trial.short) trial.figure(`${Math.round(start)} events/s at the start, ${Math.round(end)} at the end`);
}

/**
 * Returns the number of events that were handled per second between two points of the run. `from` and `to` are fractions of
 * `count`.
 */
function rateBetween(totals: readonly Totals[], from: number, to: number, count: number): number {
  const at = (share: number) => totals.find(({ total }) => total >= share * count)!;
  const [first, last] = [at(from), at(to)];
  return (last.total - first.total) / ((last.at - first.at) / 1_000);
}
