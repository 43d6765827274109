import {
  consumerConfigs,
  EVENTS_STREAM,
  FAILURES_STREAM,
  openPauses,
  RETRIES_STREAM,
  quarantineDurableOf,
  type ProcessorDeclaration,
} from '@cascade/jetstream';
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.js';
import type { DeclaredProcessor } from '../declared.js';
import { firstExpiry } from './expiry.js';
import type { ProcessorLag, ProcessorState } from './lag.js';
import { earliest, oldestRetried, oldestUnsettled } from './oldest.js';

/** State of the broker, which is read once for all processors. */
interface Readings {
  readonly broker: Broker;
  readonly consumers: readonly ConsumerInfo[];
  readonly retries: readonly string[];
  readonly pauses: ReadonlyMap<string, readonly Date[]>;
  /** Retention time of each stream in milliseconds; 0 for no limit. */
  readonly keptFor: ReadonlyMap<string, number>;
  readonly now: number;
}

/** Returns the lag of the declared processors, sorted by name, followed by the lag of the undeclared consumers. */
export async function readLag(
  broker: Broker,
  declared: readonly DeclaredProcessor[],
  now = Date.now(),
): Promise<ProcessorLag[]> {
  const { manager } = broker;
  const consumers = await durables(broker);
  const { state } = await manager.streams.info(RETRIES_STREAM, { subjects_filter: 'retry.>' });
  const retries = Object.keys(state.subjects ?? {});
  const pauses = await openPauses(broker.nats);
  const readings = { broker, consumers, retries, pauses, keptFor: await timesKept(broker), now };
  const names = declared.map(({ declaration }) => declaration.processor);
  const durableNames = consumers.map(({ name }) => name);
  const quarantines = new Set([...names, ...durableNames].map(quarantineDurableOf));
  const others = durableNames.filter((name) => !names.includes(name) && !quarantines.has(name));
  return Promise.all([
    ...declared
      .toSorted((a, b) => a.declaration.processor.localeCompare(b.declaration.processor))
      .map(({ app, declaration }) => lagOf(declaration.processor, app, declaration, readings)),
    ...[...new Set(others)].sort().map((name) => lagOf(name, undefined, undefined, readings)),
  ]);
}

async function durables({ manager }: Broker): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  for (const stream of [EVENTS_STREAM, FAILURES_STREAM, RETRIES_STREAM]) {
    for await (const info of manager.consumers.list(stream)) if (info.config.durable_name) found.push(info);
  }
  return found;
}

async function timesKept({ manager }: Broker): Promise<Map<string, number>> {
  const streams = [EVENTS_STREAM, FAILURES_STREAM];
  const infos = await Promise.all(streams.map((stream) => manager.streams.info(stream)));
  return new Map(infos.map(({ config }) => [config.name, config.max_age / 1e6]));
}

async function lagOf(
  processor: string,
  app: string | undefined,
  declaration: ProcessorDeclaration | undefined,
  { broker, consumers, retries, pauses, keptFor, now }: Readings,
): Promise<ProcessorLag> {
  const own = consumers.filter(({ name }) => name === processor || name === quarantineDurableOf(processor));
  const waiting = retries.filter((subject) => subject.startsWith(`retry.${processor}.`));
  const sum = (of: (info: ConsumerInfo) => number) => own.reduce((total, info) => total + of(info), 0);
  const missing = declaration ? missingOf(declaration, own) : [];
  const paused = pauses.get(processor) ?? [];
  const pulls = own.some(({ num_waiting }) => num_waiting > 0);
  const unsettled = await Promise.all(
    own.map(async (info) => ({
      stream: info.stream_name,
      storedAt: await oldestUnsettled(broker.manager, info),
    })),
  );
  return {
    processor,
    app,
    state: declaration ? declaredState(missing, paused, pulls) : pulls ? 'foreign' : 'undeclared',
    pauses: paused,
    pending: sum(({ num_pending }) => num_pending),
    inFlight: sum(({ num_ack_pending }) => num_ack_pending),
    redelivered: sum(({ num_redelivered }) => num_redelivered),
    retrying: waiting.filter((subject) => subject.startsWith(`retry.${processor}.sch.`)).length,
    oldest: earliest([
      ...unsettled.map(({ storedAt }) => storedAt),
      await oldestRetried(broker.manager, waiting),
    ]),
    expiry: firstExpiry(unsettled, keptFor, now),
    missing,
  };
}

function missingOf(declaration: ProcessorDeclaration, own: readonly ConsumerInfo[]) {
  return consumerConfigs(declaration)
    .map(({ stream, config }) => ({ stream, durable: config.durable_name }))
    .filter(
      ({ stream, durable }) =>
        !own.some(({ stream_name, name }) => stream_name === stream && name === durable),
    );
}

function declaredState(missing: readonly unknown[], pauses: readonly Date[], pulls: boolean): ProcessorState {
  if (missing.length > 0) return 'missing';
  if (pauses.length > 0) return 'paused';
  return pulls ? 'running' : 'stopped';
}
