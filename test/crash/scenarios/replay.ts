import { FAILURES_STREAM, JetStreamModule, Replays } from '@cascade/jetstream';
import { NestFactory } from '@nestjs/core';
import { performance } from 'node:perf_hooks';
import type { Scenario } from '../scenario.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem } from '../system/worker-system.js';
import { round, type Trial } from '../trial.js';

export const replay: Scenario = {
  name: 'replay',
  mustShow: 'each once to that processor, siblings see 0, rate cap held within 10 %',
  run,
};

async function run(trial: Trial): Promise<void> {
  const [count, rate] = trial.scale([10_000, 200], [200, 100]);
  const system = await WorkerSystem.start(trial);
  trial.done = `replay of ${count} failures of one processor, at most ${rate}/s`;
  const sibling = await system.work({ processor: 'sibling' });
  const failing = await system.work({ processor: 'worker', poison: 'refuse' });
  await publishAll(
    system.client.connection,
    tasks(count, () => true),
  );
  await system.untilDone(failing);
  await system.untilDone(sibling);
  trial.expectEqual('failure events', await system.client.count(FAILURES_STREAM, 'failed.worker.>'), count);
  await failing.service.terminate();
  const corrected = await system.work({ processor: 'worker' });
  sibling.handled.length = 0;

  const seconds = await replayAll(trial, system, count, rate);
  await system.untilDone(corrected);
  const numbers = new Set(corrected.handled.map(({ number }) => number));
  const actual = count / seconds;
  trial.expectEqual('different events replayed', numbers.size, count);
  trial.expectEqual('deliveries', corrected.handled.length, count);
  trial.expectEqual('seen by the sibling', sibling.handled.length, 0);
  trial.expectAtMost('rate', actual, rate * 1.1, '/s');
  if (!trial.short) trial.expectAtLeast('rate', actual, rate * 0.9, '/s');
  trial.figure(
    `${corrected.handled.length} deliveries of ${numbers.size} events, ${sibling.handled.length} to the sibling, ${round(actual)}/s`,
  );
}

/**
 * Replays all failures.
 *
 * @returns the duration of the replay, in seconds
 */
async function replayAll(trial: Trial, system: WorkerSystem, count: number, rate: number): Promise<number> {
  const module = JetStreamModule.forRoot({ source: 'replayer', servers: system.broker.url });
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  trial.defer(() => context.close());
  const begun = performance.now();
  const result = await context
    .get(Replays)
    .replayFailures({ processor: 'worker' }, { by: 'crash test', reason: 'the worker was corrected', rate });
  trial.expectEqual('replayed and skipped', [result.replayed, result.skipped], [count, 0]);
  return (performance.now() - begun) / 1_000;
}
