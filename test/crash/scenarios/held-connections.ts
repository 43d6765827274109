import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../ledger.js';
import { expectNoWaste } from '../no-waste.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { HeldConnections } from '../system/held-connections.js';
import type { ServiceProcess } from '../system/service-process.js';
import { SERVICES, SignupSystem } from '../system/signup-system.js';
import type { Trial } from '../trial.js';

const SILENT = 50;
const HALF_SENT = 50;
const STOPS_WITHIN_MS = 5_000;

export const heldConnections: Scenario = {
  name: 'held-connections',
  onlyFull: true,
  mustShow: 'exit 0 within 5 s, no attempt wasted, lost 0',
  run,
};

/** Checks that clients with unfinished requests neither prevent a service from stopping nor interrupt a running handler. */
async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const [times, rate] = trial.scale([8, 100], [1, 20]);
  trial.done =
    `SIGTERM to each service ${times} times while ${SILENT} connections have sent it nothing and ${HALF_SENT} half a ` +
    `request, ${rate} signups/s offered`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  const endings = new Set<string>();
  let slowest = 0;
  for (let round = 1; round <= times; round++) {
    for (const name of trial.random.shuffled(SERVICES)) {
      await sleep(trial.random.between(50, 600));
      const { how, milliseconds } = await terminateHeld(trial, system.service(name));
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

async function terminateHeld(
  trial: Trial,
  service: ServiceProcess,
): Promise<{ how: string; milliseconds: number }> {
  const held = await HeldConnections.open(service.url, { silent: SILENT, halfSent: HALF_SENT });
  try {
    trial.expectEqual(`connections to ${service.name} that are held`, held.count, SILENT + HALF_SENT);
    return await service.terminate();
  } finally {
    held.hangUp();
  }
}
