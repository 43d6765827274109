import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../ledger.js';
import { expectNoWaste } from '../no-waste.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SERVICES, SignupSystem } from '../system/signup-system.js';
import type { Trial } from '../trial.js';

const STOPS_WITHIN_MS = 10_000;

export const terminateServices: Scenario = {
  name: 'terminate-services',
  mustShow: 'exit 0 within 10 s, no attempt wasted, lost 0',
  run,
};

async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const [times, rate] = trial.scale([30, 200], [1, 20]);
  trial.done = `SIGTERM to each service ${times} times, ${rate} signups/s offered`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  const endings = new Set<string>();
  let slowest = 0;
  for (let round = 1; round <= times; round++) {
    for (const name of trial.random.shuffled(SERVICES)) {
      await sleep(trial.random.between(50, 600));
      const { how, milliseconds } = await system.service(name).terminate();
      endings.add(how);
      slowest = Math.max(slowest, milliseconds);
      await system.service(name).start();
    }
    trial.log(`round ${round} of ${times}, ${load.acknowledged.size} acknowledged`);
  }
  trial.expectEqual('endings', [...endings], ['exited with code 0']);
  trial.expectAtMost('slowest stop', slowest, STOPS_WITHIN_MS, ' ms');
  trial.figure(`slowest stop ${Math.round(slowest)} ms`);
  await checkLedger(trial, system, load);
  await expectNoWaste(trial, system);
}
