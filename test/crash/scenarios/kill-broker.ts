import { EVENTS_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';

const RESUMES_WITHIN_S = 10;

export const killBroker: Scenario = {
  name: 'kill-broker',
  mustShow: 'lost 0, duplicate rows 0, everything resumes ≤ 10 s after the last restart',
  run,
};

async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const [kills, rate] = trial.scale([30, 200], [2, 20]);
  trial.done = `kill -9 of the broker ${kills} times, ${rate} signups/s offered`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(trial.random.between(300, 2_000));
    await system.broker.kill();
    await sleep(trial.random.between(0, 1_000));
    await system.broker.start();
    trial.log(`kill ${kill} of ${kills}, ${load.acknowledged.size} acknowledged`);
  }
  const resumed = await resumption(system);
  load.stopOffering();
  for (const [what, seconds] of resumed) {
    trial.figure(`${what} again after ${round(seconds)} s`);
    trial.expectAtMost(`${what} again after the last restart`, seconds, RESUMES_WITHIN_S, ' s');
  }
  await checkLedger(trial, system, load);
}

/** Measures how soon the system resumes storing events, sending mail and writing rows, in seconds. */
export async function resumption(system: SignupSystem): Promise<[what: string, seconds: number][]> {
  const begun = performance.now();
  const counts: Record<string, () => Promise<number>> = {
    'events stored': () => system.client.count(EVENTS_STREAM, 'events.user.signed-up'),
    'mails sent': async () => system.mail.total,
    'rows written': async () => {
      const rows = await system.postgres!.query<{ n: number }>(
        'metadata_writer',
        'select count(*)::int as n from user_metadata',
      );
      return rows[0]!.n;
    },
  };
  const resumed = Object.entries(counts).map(async ([what, count]): Promise<[string, number]> => {
    const before = await eventually(count, { timeout: 20_000 });
    await eventually(
      async () => {
        if ((await count()) <= before) throw new Error(`no ${what}`);
      },
      { timeout: 60_000, interval: 50 },
    );
    return [what, (performance.now() - begun) / 1_000];
  });
  return Promise.all(resumed);
}
