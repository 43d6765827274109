import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAILURES_STREAM, RETRIES_STREAM } from '@cascade/jetstream';
import { checkLedger, drained } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';

/**
 * Time after the outage within which all waiting mail must be sent, in seconds. A probe every 10 s detects the end of the outage.
 */
const DRAINS_WITHIN_S = 30;
/**
 * Maximum number of messages per second for retries and probes. More messages would overload the broker during the outage. Each
 * retry or probe needs two messages.
 */
const RETRIES_PER_S = 30;

export const mailOutage: Scenario = {
  name: 'mail-outage',
  onlyFull: true,
  mustShow: 'the notifier pauses, no failure events, all mail sent after the outage',
  run,
};

async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const [seconds, rate] = trial.scale([600, 2], [20, 4]);
  trial.done = `the mail server refuses connections for ${seconds} s, ${rate} signups/s offered`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  await sleep(1_000);

  await system.mail.setMode('refuse');
  await sleep(seconds * 1_000);
  const failures = await system.client.count(FAILURES_STREAM, 'failed.>');
  const pauses = await system.client.count('EVENTS', 'events.processor.paused');
  const retries = (await system.client.manager.streams.info(RETRIES_STREAM)).state.last_seq;
  const readiness = await fetch(`${system.service('notifier').url}/health/ready`);
  await system.mail.setMode('accept');
  const healed = performance.now();
  await load.finish();
  await drained(system, load);
  const drainedAfter = (performance.now() - healed) / 1_000;

  trial.expectEqual('failure events in the outage', failures, 0);
  trial.expectEqual('announced pauses', pauses, 1);
  trial.expectEqual('readiness of the paused notifier', readiness.status, 200);
  trial.expectAtMost('everything sent after the outage', drainedAfter, DRAINS_WITHIN_S, ' s');
  trial.expectAtMost('messages for retries in the outage', retries / seconds, RETRIES_PER_S, '/s');
  trial.figure(
    `paused once, ${failures} failure events, ${retries} messages for retries, all sent ${round(drainedAfter)} s after the outage`,
  );
  await checkLedger(trial, system, load);
}
