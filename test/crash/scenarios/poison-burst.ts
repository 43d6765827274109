import { eventually } from '@cascade/testing';
import { performance } from 'node:perf_hooks';
import type { Scenario } from '../scenario.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem } from '../system/worker-system.js';
import { round, type Trial } from '../trial.js';

/**
 * Number of poisonous events. The number exceeds the 20 failures that pause a processor, and the processor's concurrency of 64.
 */
const POISON = 250;
const WITHIN_S = 30;

export const poisonBurst: Scenario = {
  name: 'poison-burst',
  mustShow: 'a processor that a run of poison has paused finds the good events behind it',
  run,
};

async function run(trial: Trial): Promise<void> {
  const good = 100;
  const system = await WorkerSystem.start(trial);
  trial.done = `${POISON} events in a row throw, so that the processor pauses; then ${good} good events`;
  const worker = await system.work({ processor: 'worker', poison: 'throw', attempts: 2, backoff: 100 });
  await publishAll(
    system.client.connection,
    tasks(POISON, () => true),
  );
  await eventually(
    async () => {
      const paused = await system.client.count('EVENTS', 'events.processor.paused');
      if (paused === 0) throw new Error('the processor does not pause');
    },
    { timeout: 10_000 },
  );
  const published = performance.now();
  await publishAll(system.client.connection, tasks(good));
  const done = () => worker.handled.length;
  await eventually(
    () => {
      if (done() < good) throw new Error('the good events are not done');
    },
    { timeout: WITHIN_S * 1_000 },
  ).catch(() => undefined);
  const seconds = (performance.now() - published) / 1_000;
  trial.expectEqual(`good events done within ${WITHIN_S} s`, done(), good);
  trial.figure(`${done()} of ${good} good events done after ${round(seconds)} s`);
}
