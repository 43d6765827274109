import { FAILURES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import type { ServiceProcess } from '../system/service-process.js';
import { SERVICES, SignupSystem, type ServiceName } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';

const STREAMS = ['EVENTS', 'RETRIES', 'FAILURES'];
/** Approximate duration of a start, in milliseconds. */
const START_MS = 2_000;
/** Approximate time that a starting service needs to create or check its streams and consumers, in milliseconds. */
const PROVISION_MS = 60;
/**
 * Time within which the services must be ready after the broker is back, in seconds. A request to the killed broker fails only
 * after a timeout of 5 s.
 */
const READY_WITHIN_S = 20;
/**
 * Moments during a start at which the broker is killed. A random time would seldom hit the requests to the broker, because these
 * requests take little time.
 */
const MOMENTS = ['creates its streams', 'looks at its streams', 'starts'] as const;

export const startMeetsBrokerKill: Scenario = {
  name: 'start-meets-broker-kill',
  mustShow: 'each service is ready ≤ 20 s after the broker is back, no process ends, events flow',
  run,
};

async function run(trial: Trial): Promise<void> {
  const kills = trial.scale(20, 1);
  trial.done =
    `kill -9 of the broker ${kills} times while each service starts, at random moments of the start and of its requests ` +
    'for streams and consumers; the broker is back after 0.5 to 1.5 s';
  const system = await SignupSystem.start(trial);
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate: 20 });
  load.stopOffering();
  trial.defer(() => load.stop());
  const services = trial.random.shuffled(SERVICES);
  let slowest = 0;
  for (let kill = 0; kill < kills; kill++) {
    const moment = MOMENTS[kill % MOMENTS.length]!;
    const service = services[Math.floor(kill / MOMENTS.length) % services.length]!;
    const seconds = await startUnderKill(trial, system, service, moment);
    slowest = Math.max(slowest, seconds);
    await expectFlow(system, load);
    trial.log(
      `kill ${kill + 1} of ${kills}, as ${service} ${moment}: ready ${round(seconds)} s after the broker`,
    );
  }
  trial.expectEqual('failure events', await system.client.count(FAILURES_STREAM, 'failed.>'), 0);
  trial.expectAtMost('slowest start after the broker was back', slowest, READY_WITHIN_S, ' s');
  trial.figure(
    `${kills * SERVICES.length} starts ready, the slowest ${round(slowest)} s after the broker was back`,
  );
  trial.figure(`after each kill 1 signup with mail and row`);
}

/**
 * Restarts all services, and kills the broker during their start. Then restarts the broker.
 *
 * @returns the time from the restart of the broker until all services are ready, in seconds
 * @throws Error if a process ends, or is not ready in time
 */
async function startUnderKill(
  trial: Trial,
  system: SignupSystem,
  service: ServiceName,
  moment: (typeof MOMENTS)[number],
): Promise<number> {
  await Promise.all(system.all.map((one) => one.kill()));
  if (moment === 'creates its streams') await deleteStreams(system);
  for (const one of system.all) one.launch();
  if (moment !== 'starts') await firstRequestOf(system, service);
  await sleep(trial.random.between(0, moment === 'starts' ? START_MS : PROVISION_MS));
  await system.broker.kill();
  await sleep(trial.random.between(500, 1_500));
  await system.broker.start();
  const back = performance.now();
  await Promise.all(system.all.map((one) => one.ready()));
  return (performance.now() - back) / 1_000;
}

async function deleteStreams({ client }: SignupSystem): Promise<void> {
  for (const stream of STREAMS) await client.manager.streams.delete(stream);
}

/** Waits until the service sends its first request to the JetStream API, or until the service has ended. */
async function firstRequestOf(system: SignupSystem, service: ServiceName): Promise<void> {
  const requests = system.client.connection.subscribe('$JS.API.>');
  void system.service(service).ended.then(() => requests.unsubscribe());
  for await (const { reply } of requests) {
    if (reply?.startsWith(`_INBOX_${service}.`)) break;
  }
}

/**
 * Offers another signup. Waits until its mail is sent and its metadata row is written.
 *
 * @throws Error if a process ends first
 */
async function expectFlow({ all, mail, postgres }: SignupSystem, load: SignupLoad): Promise<void> {
  const flow = async () => {
    load.offer();
    await load.finish();
    const check = async () => {
      const sent = `select 1 from user_metadata where notification_state = 'sent'`;
      const rows = await postgres!.query('metadata_writer', sent);
      const signups = load.acknowledged.size;
      if (Math.min(mail.counts.size, rows.length) < signups)
        throw new Error(`${signups} signups, ${mail.counts.size} mails, ${rows.length} rows`);
    };
    await eventually(check, { timeout: 60_000 });
  };
  const failure = async ({ name, ended, lines }: ServiceProcess) => {
    throw new Error(`${name} ${await ended}:\n${lines.slice(-20).join('\n')}`);
  };
  await Promise.race([flow(), ...all.map(failure)]);
}
