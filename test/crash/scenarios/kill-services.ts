import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SERVICES, SignupSystem, type ServiceName } from '../system/signup-system.js';
import type { Trial } from '../trial.js';

/**
 * Maximum number of messages that the notifier sends at the same time. After a kill, each of these messages may be sent a second
 * time.
 */
const CONCURRENCY = 10;
const RATE = 200;

/** Kills the services one after the other. The seed determines the order and the times of the kills. */
export const killServices: Scenario = {
  name: 'kill-services',
  mustShow: 'lost 0, duplicate rows 0, extra mails ≤ kills × concurrency',
  run: (trial) => run(trial, 'postgres', trial.scale(30, 1)),
};

/** Kills services that have embedded databases. The rows of these databases are read after the services have stopped. */
export const killServicesEmbedded: Scenario = {
  name: 'kill-services-pglite',
  onlyFull: true,
  mustShow: 'lost 0, duplicate rows 0, extra mails ≤ kills × concurrency',
  run: (trial) => run(trial, 'pglite', trial.scale(10, 1)),
};

async function run(trial: Trial, store: 'postgres' | 'pglite', kills: number): Promise<void> {
  const system = await SignupSystem.start(trial, { store });
  const rate = trial.scale(store === 'postgres' ? RATE : RATE / 4, 20);
  trial.done = `kill -9 of each service ${kills} times, ${rate} signups/s offered, on ${store}`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  await sleep(500);
  for (let round = 1; round <= kills; round++) {
    for (const name of trial.random.shuffled(SERVICES)) await kill(trial, system, name);
    trial.log(`round ${round} of ${kills}, ${load.acknowledged.size} acknowledged`);
  }
  load.stopOffering();
  await checkLedger(trial, system, load, { extraMails: kills * CONCURRENCY });
}

async function kill(trial: Trial, system: SignupSystem, name: ServiceName): Promise<void> {
  await sleep(trial.random.between(50, 600));
  await system.service(name).kill();
  await system.service(name).start();
}
