import { FAILURES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { performance } from 'node:perf_hooks';
import type { Scenario } from '../scenario.js';
import { median } from '../statistics.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem, type Worker } from '../system/worker-system.js';
import { round, type Trial } from '../trial.js';

const ROUNDS = 5;
/** Time that the handler takes for each event, in milliseconds. The time simulates the use of a database or another service. */
const TAKES = 5;

/** Alternates clean runs and runs with poison. The medians are compared, because the speed of the machine varies. */
export const poisonThrows: Scenario = {
  name: 'poison-throws',
  mustShow:
    'exactly 1 % failure events, all others done, throughput ≥ 80 % of a clean run where the handler waits 5 ms',
  run,
};

async function run(trial: Trial): Promise<void> {
  const events = trial.scale(10_000, 1_000);
  trial.done =
    `${events} events, every hundredth one throws on both attempts; ${ROUNDS} such runs between clean runs; ` +
    `a handler that waits ${TAKES} ms, and one that does nothing`;
  const waiting = await compare(trial, events, TAKES);
  trial.figure(`${shown(waiting)} with ${TAKES} ms`);
  if (!trial.short)
    trial.expectAtLeast(`throughput of a clean run with ${TAKES} ms`, waiting.share * 100, 80, ' %');
  // With a handler that does nothing, the comparison shows only the cost of the transport. A failed event costs as much as
  // several dozen successful events.
  trial.figure(`${shown(await compare(trial, events, 0))} with nothing`);
}

interface Comparison {
  /** Number of good events that are handled per second in a run with poison. */
  poisoned: number;
  clean: number;
  share: number;
}

function shown({ poisoned, clean, share }: Comparison): string {
  return `${round(poisoned)} events/s, ${Math.round(share * 100)} % of a clean run (${round(clean)})`;
}

async function compare(trial: Trial, events: number, takes: number): Promise<Comparison> {
  const system = await WorkerSystem.start(trial);
  const worker = await system.work({
    processor: 'worker',
    poison: 'throw',
    attempts: 2,
    backoff: 100,
    pause: false,
    takes,
  });
  await handle(system, worker, events, false);
  const [clean, poisoned]: [number[], number[]] = [[], []];
  worker.handled.length = 0;
  for (let turn = 1; turn <= ROUNDS; turn++) {
    clean.push(await handle(system, worker, events, false));
    poisoned.push(await handle(system, worker, events, true));
  }
  const failures = await system.client.count(FAILURES_STREAM, 'failed.worker.>');
  trial.expectEqual('failure events of each run', failures / ROUNDS, events / 100);
  const done = worker.handled.length;
  trial.expectEqual('events done of each run', done / ROUNDS - events, (events * 99) / 100);
  trial.figure(`${failures / ROUNDS} failure events and ${done / ROUNDS - events} done of each run`);
  await worker.service.stop();
  return { poisoned: median(poisoned), clean: median(clean), share: median(poisoned) / median(clean) };
}

/**
 * Publishes events, and waits until the good events are handled. Then waits for the retries, which the measurement does not
 * include.
 *
 * @returns the number of good events that are handled per second
 */
async function handle(
  system: WorkerSystem,
  worker: Worker,
  events: number,
  withPoison: boolean,
): Promise<number> {
  const good = withPoison ? (events * 99) / 100 : events;
  const wanted = worker.handled.length + good;
  const begun = performance.now();
  await publishAll(
    system.client.connection,
    tasks(events, (number) => withPoison && number % 100 === 50),
  );
  await eventually(
    () => {
      if (worker.handled.length < wanted)
        throw new Error(`${wanted - worker.handled.length} good events are not done`);
    },
    { timeout: 120_000, interval: 5 },
  );
  const seconds = (performance.now() - begun) / 1_000;
  await system.untilDone(worker);
  return good / seconds;
}
