import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger, drained } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';

const ANSWERS_WITHIN_MS = 2_000;
const DRAINS_WITHIN_S = 30;

export const stopPostgres: Scenario = {
  name: 'stop-postgres',
  mustShow: 'signup answers 503 within 2 s, no failure events, drained ≤ 30 s after',
  run,
};

async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const [seconds, rate] = trial.scale([60, 100], [3, 20]);
  trial.done = `PostgreSQL stopped for ${seconds} s (immediate shutdown), ${rate} signups/s offered`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  await sleep(trial.random.between(1_500, 2_500));

  await system.postgres!.stop();
  trial.log(`PostgreSQL is stopped, ${load.acknowledged.size} acknowledged`);
  await sleep(seconds * 1_000);
  const answers = Object.fromEntries(load.otherAnswers);
  const slowest = load.slowest.get('503') ?? Infinity;
  await system.postgres!.start();
  const healed = performance.now();
  trial.log('PostgreSQL is back');
  await load.finish();
  await drained(system, load);
  const drainedAfter = (performance.now() - healed) / 1_000;

  trial.expectEqual('answers other than 202', Object.keys(answers), ['503']);
  trial.expectAtMost('slowest 503', slowest, ANSWERS_WITHIN_MS, ' ms');
  trial.expectAtMost('drained after PostgreSQL came back', drainedAfter, DRAINS_WITHIN_S, ' s');
  trial.figure(`${answers['503'] ?? 0} answers 503, the slowest after ${Math.round(slowest)} ms`);
  trial.figure(`all done ${round(drainedAfter)} s after its return`);
  await checkLedger(trial, system, load);
}
