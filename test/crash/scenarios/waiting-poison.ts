import { FAILURES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import type { Scenario } from '../scenario.js';
import { median, percentile } from '../statistics.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem, type Worker } from '../system/worker-system.js';
import { round, type Trial } from '../trial.js';

const ROUNDS = 5;

export const waitingPoison: Scenario = {
  name: 'waiting-poison',
  mustShow: "good events' p99 within 2× of a clean run",
  run,
};

/** Runs without the circuit breaker, because so many successive failures would cause a pause. */
async function run(trial: Trial): Promise<void> {
  const [good, wait] = trial.scale([1_000, 60_000], [200, 8_000]);
  const system = await WorkerSystem.start(trial);
  const worker = await system.work({
    processor: 'worker',
    poison: 'throw',
    attempts: 2,
    backoff: wait,
    jitter: 0,
    pause: false,
  });
  const { config } = await system.client.manager.consumers.info('EVENTS', 'worker');
  const poison = trial.scale(config.max_ack_pending!, 100);
  trial.done = `${poison} events wait for their retry; ${good} good events at 500/s, ${ROUNDS} times before and after; auto-pause off`;

  await latency(system, worker, good);
  const clean = await repeat(ROUNDS, () => latency(system, worker, good));
  await publishAll(
    system.client.connection,
    tasks(poison, () => true),
  );
  const waiting = () => system.client.count('RETRIES', 'retry.worker.sch.>');
  await eventually(
    async () => {
      if ((await waiting()) < poison) throw new Error(`${await waiting()} of ${poison} wait`);
    },
    { timeout: 30_000 },
  );
  const among = await repeat(ROUNDS, () => latency(system, worker, good));
  trial.expectEqual('poison events that waited all the time', await waiting(), poison);
  const times = median(among) / median(clean);

  trial.figure(
    `p99 ${round(median(among))} ms, clean ${round(median(clean))} ms (medians of ${ROUNDS} runs)`,
  );
  if (!trial.short) trial.expectAtMost('p99 of a clean run', times, 2, ' ×');
  await system.untilDone(worker, wait + 30_000);
  trial.expectEqual(
    'failure events in the end',
    await system.client.count(FAILURES_STREAM, 'failed.worker.>'),
    poison,
  );
}

/**
 * Publishes `count` good events at 500 events per second. Returns the 99th percentile of the time from publishing to the end of
 * handling, in milliseconds.
 */
async function latency(system: WorkerSystem, worker: Worker, count: number): Promise<number> {
  const before = worker.handled.length;
  await publishAll(system.client.connection, tasks(count), 500);
  await eventually(
    () => {
      if (worker.handled.length < before + count)
        throw new Error(`${worker.handled.length - before} of ${count} handled`);
    },
    { timeout: 20_000 },
  );
  return percentile(
    worker.handled.slice(before).map(({ milliseconds }) => milliseconds),
    99,
  );
}

async function repeat(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let turn = 1; turn <= times; turn++) values.push(await measure());
  return values;
}
