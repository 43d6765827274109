import { EVENTS_STREAM, FAILURES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Scenario } from '../scenario.js';
import { publishAll, type PlainEvent } from '../system/publish.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';

const PROCESSORS = ['notifier', 'metadata-writer'];

export const poisonContract: Scenario = {
  name: 'poison-contract',
  onlyFull: true,
  mustShow: 'exactly 1 % failure events of each processor, all others done, throughput ≥ 80 % of a clean run',
  run,
};

async function run(trial: Trial): Promise<void> {
  const events = trial.scale(10_000, 200);
  const system = await SignupSystem.start(trial);
  trial.done = `${events} events user.signed-up from a plain client, every hundredth one breaks its contract, between two clean runs`;
  await handle(system, trial.scale(500, 20), false);
  const before = system.mail.counts.size;
  const first = await handle(system, events, false);
  const poisoned = await handle(system, events, true);
  const second = await handle(system, events, false);

  const clean = (first + second) / 2;
  const share = poisoned / clean;
  trial.figure(
    `${round(poisoned)} events/s, ${Math.round(share * 100)} % of the clean runs (${round(clean)})`,
  );
  if (!trial.short) trial.expectAtLeast('throughput of the clean runs', share * 100, 80, ' %');
  for (const processor of PROCESSORS) {
    const failures = await system.client.count(FAILURES_STREAM, `failed.${processor}.>`);
    trial.expectEqual(`failure events of ${processor}`, failures, events / 100);
    trial.figure(`${failures} failure events of ${processor}`);
  }
  const [row] = await system.postgres!.query<{ n: number }>(
    'metadata_writer',
    `select count(*)::int as n from user_metadata where notification_state = 'sent' and signed_up_at is not null`,
  );
  const warmUp = before;
  trial.expectEqual('rows of the three runs', row!.n - warmUp, (events * 299) / 100);
  trial.expectEqual('people with a mail', system.mail.counts.size - before, (events * 299) / 100);
  trial.expectAtMost('extra mails', system.mail.extra, 0);
  trial.figure(`${row!.n - warmUp - 2 * events} done with poison between`);
}

/**
 * Publishes events, and waits until all events are handled.
 *
 * @returns the number of events that are handled per second
 */
async function handle(system: SignupSystem, count: number, withPoison: boolean): Promise<number> {
  const begun = performance.now();
  await publishAll(system.client.connection, signups(count, withPoison));
  await eventually(() => assertIdle(system), { timeout: 300_000, interval: 100 });
  return count / ((performance.now() - begun) / 1_000);
}

async function assertIdle({ client }: SignupSystem): Promise<void> {
  for (const stream of [EVENTS_STREAM, FAILURES_STREAM, 'RETRIES']) {
    for (const { waiting, inFlight } of (await client.backlogs(stream)).values()) {
      if (waiting + inFlight > 0) throw new Error(`${waiting} waiting, ${inFlight} in flight`);
    }
  }
}

function* signups(count: number, withPoison: boolean): Generator<PlainEvent> {
  for (let number = 0; number < count; number++) {
    const userId = randomUUID();
    const email = withPoison && number % 100 === 50 ? 'nobody' : `${userId}@example.com`;
    const body = { userId, email, name: 'Ada', locale: 'en', signedUpAt: new Date().toISOString() };
    yield { subject: 'events.user.signed-up', body };
  }
}
