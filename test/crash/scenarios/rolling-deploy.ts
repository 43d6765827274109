import { EVENTS_STREAM, RETRIES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../system.js';
import { checkLedger } from '../ledger.js';
import { expectNoWaste } from '../no-waste.js';
import { provision, settingsOf, watchChanges } from '../operator.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { nextVersion } from '../system/next-version.js';
import type { ServiceProcess, ServiceVersion } from '../system/service-process.js';
import { SignupSystem, type ServiceName } from '../system/signup-system.js';
import type { Trial } from '../trial.js';

const REPLICAS = 2;
const CHANNEL = 'events.user.signed-up';
const CONSUMERS = ['notifier', 'metadata-writer'] as const;
const PUBLISHERS = ['signup'] as const;

/** Stream limits that the operator sets. The old version of the code declares 1 GiB, 7 days and 30 days. */
const OPERATORS_SIZES = { EVENTS_MAX_BYTES: '2GiB', EVENTS_MAX_AGE: '14d', FAILURES_MAX_AGE: '60d' };
const OPERATORS_SETTINGS = {
  'stream EVENTS': { max_bytes: 2 * 1024 ** 3, max_age: 14 * 86_400e9 },
  'stream FAILURES': { max_age: 60 * 86_400e9 },
};
const NEXT_SIZES = { EVENTS_MAX_BYTES: '512MiB', EVENTS_MAX_AGE: '2d', FAILURES_MAX_AGE: '3d' };

/** Streams that differ from the declarations of both versions. */
const DIFFERING = ['stream EVENTS', 'stream FAILURES'];
/** Consumers that differ only from the declarations of the next version of the notifier. */
const DIFFERING_NOTIFIER = [
  'consumer notifier on stream EVENTS',
  'consumer notifier on stream RETRIES',
  'consumer notifier_quarantine on stream RETRIES',
];

const DIFFERS = /((?:stream|consumer) \S+(?: on stream \S+)?) differs from its declaration/;

const OLD: ServiceVersion = { checkout: root, env: {} };

export const rollingDeploy: Scenario = {
  name: 'rolling-deploy',
  onlyFull: true,
  mustShow:
    'lost 0, duplicate rows 0, no failure events, no attempt wasted; streams and consumers keep the settings of the ' +
    'operator, and each process logs each difference once',
  run,
};

/**
 * Deploys and rolls back as docs/versions.md describes. The services that consume the changed event are deployed first, and
 * rolled back last.
 */
async function run(trial: Trial): Promise<void> {
  const next: ServiceVersion = { checkout: await nextVersion(trial), env: NEXT_SIZES };
  const system = await SignupSystem.start(trial, { replicas: REPLICAS });
  const [times, rate] = trial.scale([3, 50], [1, 20]);
  trial.done =
    `${times} rolling deploys and as many rollbacks, replica by replica, of ${REPLICAS} replicas of each service; the next ` +
    'version has a user.signed-up v2, another ackWait of the notifier, and declares smaller and shorter streams than an ' +
    `operator has set; ${rate} signups/s offered`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  await untilPublished(system, 1);
  await provision(system.broker.url, OPERATORS_SIZES);

  const deploy = await RollingDeploy.begin(trial, system);
  for (let round = 1; round <= times; round++) {
    await deploy.roll(CONSUMERS, next);
    await deploy.roll(PUBLISHERS, next);
    await untilPublished(system, 2);
    await deploy.roll(PUBLISHERS, OLD);
    await untilHandled(system, 2);
    await deploy.roll(CONSUMERS, OLD);
    trial.log(`round ${round} of ${times}, ${load.acknowledged.size} acknowledged`);
  }
  await deploy.finish();
  await checkLedger(trial, system, load);
  await expectNoWaste(trial, system);
  await expectBothVersions(trial, system);
}

class RollingDeploy {
  private readonly endings = new Set<string>();
  /**
   * Streams and consumers whose differences each process must log. A process that started before the operator changed the
   * settings has no entry.
   */
  private readonly differing = new Map<ServiceProcess, readonly string[]>();
  private replaced = 0;

  private constructor(
    private readonly trial: Trial,
    private readonly system: SignupSystem,
    private readonly settings: Awaited<ReturnType<typeof settingsOf>>,
    private readonly changes: readonly string[],
  ) {}

  static async begin(trial: Trial, system: SignupSystem): Promise<RollingDeploy> {
    const settings = await settingsOf(system.client);
    for (const [what, set] of Object.entries(OPERATORS_SETTINGS))
      trial.expectEqual(
        `settings of ${what} as the operator set them`,
        { ...settings[what], ...set },
        settings[what],
      );
    return new RollingDeploy(trial, system, settings, watchChanges(system.client.connection));
  }

  /** Restarts the replicas of these services with the given version, one after the other, in a random order. */
  async roll(names: readonly ServiceName[], version: ServiceVersion): Promise<void> {
    const replicas = names.flatMap((name) => this.system.replicas(name));
    for (const service of this.trial.random.shuffled(replicas)) {
      await sleep(this.trial.random.between(50, 300));
      const { how } = await service.terminate();
      this.endings.add(how);
      this.expectLogged(service);
      service.lines.length = 0;
      service.use(version);
      await service.start();
      const isNextNotifier = service.name === 'notifier' && version !== OLD;
      this.differing.set(service, [...DIFFERING, ...(isNextNotifier ? DIFFERING_NOTIFIER : [])]);
      this.replaced += 1;
    }
  }

  async finish(): Promise<void> {
    const { trial, system } = this;
    for (const service of system.all) this.expectLogged(service);
    trial.expectEqual('endings', [...this.endings], ['exited with code 0']);
    trial.expectEqual('requests that change streams or consumers', this.changes, []);
    for (const [what, settings] of Object.entries(await settingsOf(system.client)))
      trial.expectEqual(`settings of ${what}`, settings, this.settings[what]);
    const { state } = await system.client.manager.streams.info(EVENTS_STREAM);
    trial.expectEqual('events deleted from EVENTS', state.last_seq - state.messages, 0);
    trial.figure(`${this.replaced} replicas replaced, ${this.changes.length} requests to change a setting`);
  }

  private expectLogged(service: ServiceProcess): void {
    const logged = service.lines.flatMap((line) => DIFFERS.exec(line)?.[1] ?? []);
    const expected = this.differing.get(service) ?? [];
    this.trial.expectEqual(`differences that a ${service.name} logged`, logged.sort(), [...expected].sort());
  }
}

/** Waits until the newest stored event `user.signed-up` has this version. */
async function untilPublished({ client }: SignupSystem, version: number): Promise<void> {
  const check = async () => {
    const newest = await client.manager.streams.getMessage(EVENTS_STREAM, { last_by_subj: CHANNEL });
    const type = newest?.header.get('ce-type');
    if (type !== `user.signed-up.v${version}`) throw new Error(`the newest event is ${type}`);
  };
  await eventually(check, { timeout: 60_000 });
}

/**
 * Waits until all events of this version are published and handled, including their retries. The old code could not read such an
 * event.
 */
async function untilHandled(system: SignupSystem, version: number): Promise<void> {
  const isWaiting = `select 1 from outbox where version = ${version} and published_at is null`;
  const published = async () => {
    const waiting = await system.postgres!.query('signup', isWaiting);
    if (waiting.length > 0) throw new Error(`${waiting.length} wait in the outbox`);
  };
  await eventually(published, { timeout: 60_000 });
  const { client } = system;
  const newest = await client.manager.streams.getMessage(EVENTS_STREAM, { last_by_subj: CHANNEL });
  const handled = async () => {
    for (const name of CONSUMERS) {
      const { ack_floor } = await client.manager.consumers.info(EVENTS_STREAM, name);
      if (ack_floor.stream_seq < newest!.seq)
        throw new Error(`${name} has handled ${ack_floor.stream_seq} of ${newest!.seq}`);
    }
    const retries = await client.count(RETRIES_STREAM, '>');
    if (retries > 0) throw new Error(`${retries} events wait for their next attempt`);
  };
  await eventually(handled, { timeout: 60_000 });
}

async function expectBothVersions(trial: Trial, { client }: SignupSystem): Promise<void> {
  const counts: Record<string, number> = {};
  for await (const { headers } of client.read(EVENTS_STREAM, CHANNEL)) {
    const type = headers?.get('ce-type') ?? '';
    counts[type] = (counts[type] ?? 0) + 1;
  }
  trial.expectEqual('versions in the stream', Object.keys(counts).sort(), [
    'user.signed-up.v1',
    'user.signed-up.v2',
  ]);
  trial.figure(
    Object.entries(counts)
      .map(([type, count]) => `${count} ${type}`)
      .join(', '),
  );
}
