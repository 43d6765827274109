import { EVENTS_STREAM } from '@app/jetstream';
import { eventually } from '@app/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';
import { resumption } from './kill-broker.js';

const ROOM_BYTES = 200_000;
const RESUMES_WITHIN_S = 10;

export const fullStream: Scenario = {
  name: 'full-stream',
  mustShow: 'signups accepted, nothing lost, resumes ≤ 10 s after room is made',
  run,
};

async function run(trial: Trial): Promise<void> {
  const system = await SignupSystem.start(trial);
  const { manager } = system.client;
  const { config, state } = await manager.streams.info(EVENTS_STREAM);
  await manager.streams.update(EVENTS_STREAM, { max_bytes: state.bytes + ROOM_BYTES });
  const [seconds, rate] = trial.scale([20, 200], [4, 50]);
  trial.done = `EVENTS full (max_bytes) for ${seconds} s, ${rate} signups/s offered; room made by raising max_bytes`;
  const load = new SignupLoad({ url: system.service('signup').url, rate });
  trial.defer(() => load.stop());
  const stored = () => system.client.count(EVENTS_STREAM, 'events.user.signed-up');
  await eventually(
    async () => {
      const before = await stored();
      await sleep(1_000);
      if ((await stored()) > before) throw new Error('the stream is not full yet');
    },
    { timeout: 60_000, interval: 0 },
  );
  const acceptedBefore = load.acknowledged.size;
  await sleep(seconds * 1_000);
  const accepted = load.acknowledged.size - acceptedBefore;
  trial.expectEqual('answers other than 202', Object.fromEntries(load.otherAnswers), {});
  trial.expectAtLeast('signups accepted while the stream was full', accepted, rate * seconds * 0.5);

  await manager.streams.update(EVENTS_STREAM, { max_bytes: config.max_bytes });
  for (const [what, after] of await resumption(system)) {
    trial.figure(`${what} again after ${round(after)} s`);
    trial.expectAtMost(`${what} again after room was made`, after, RESUMES_WITHIN_S, ' s');
  }
  load.stopOffering();
  trial.figure(`${accepted} signups accepted meanwhile`);
  await checkLedger(trial, system, load);
}
