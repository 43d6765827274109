import {
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { isDeepStrictEqual } from 'node:util';
import { ProvisionError } from './errors.js';
import type { DurableConfig } from './stream-settings.js';

/** Oldest server with scheduled messages, which carry the retries. */
const MINIMUM_SERVER = '2.12.0';

type Named<Config> = Partial<Config> & { name: string };

/** A stream or consumer that is not on the server as declared. */
export interface ProvisionDifference {
  /** `stream EVENTS`, or `consumer notifier on stream EVENTS`. */
  what: string;
  /** It is not there at all. */
  missing: boolean;
  /** Settings that differ, as the server calls them; empty where it is missing. */
  settings: { name: string; wanted: unknown; found: unknown }[];
}

/** A stream or consumer as declared, and how to look at and change the one on the server. */
interface Target {
  what: string;
  wanted: object;
  find(): Promise<object | undefined>;
  create(): Promise<object>;
  update(): Promise<object>;
}

/**
 * Creates what is missing of the streams and consumers and updates what differs. Repeating it changes nothing.
 *
 * @returns what was created or updated, as it was before
 * @throws ProvisionError where the server is too old, or a difference cannot be updated
 */
export async function provision(
  connection: NatsConnection,
  streams: Named<StreamConfig>[],
  consumers: { stream: string; config: DurableConfig }[],
): Promise<ProvisionDifference[]> {
  const changed: ProvisionDifference[] = [];
  for (const target of await targetsOf(connection, streams, consumers)) {
    const found = await target.find();
    const difference = differenceOf(target, found);
    if (!difference) continue;
    await apply(target, difference);
    changed.push(difference);
  }
  return changed;
}

/**
 * What {@link provision} would create or update. Changes nothing.
 *
 * @throws ProvisionError where the server is too old
 */
export async function compareProvisioned(
  connection: NatsConnection,
  streams: Named<StreamConfig>[],
  consumers: { stream: string; config: DurableConfig }[],
): Promise<ProvisionDifference[]> {
  const differing: ProvisionDifference[] = [];
  for (const target of await targetsOf(connection, streams, consumers)) {
    const difference = differenceOf(target, await target.find());
    if (difference) differing.push(difference);
  }
  return differing;
}

async function targetsOf(
  connection: NatsConnection,
  streams: Named<StreamConfig>[],
  consumers: { stream: string; config: DurableConfig }[],
): Promise<Target[]> {
  assertServer(connection);
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return [
    ...streams.map((wanted) => streamTarget(manager, wanted)),
    ...consumers.map(({ stream, config }) => consumerTarget(manager, stream, config)),
  ];
}

function streamTarget({ streams }: JetStreamManager, wanted: Named<StreamConfig>): Target {
  const { name } = wanted;
  return {
    what: `stream ${name}`,
    wanted,
    find: () => configUnlessMissing(streams.info(name)),
    create: async () => (await streams.add(wanted)).config,
    update: async () => (await streams.update(name, wanted)).config,
  };
}

function consumerTarget({ consumers }: JetStreamManager, stream: string, wanted: DurableConfig): Target {
  const name = wanted.durable_name;
  return {
    what: `consumer ${name} on stream ${stream}`,
    wanted,
    find: () => configUnlessMissing(consumers.info(stream, name)),
    create: async () => (await consumers.add(stream, wanted)).config,
    update: async () => (await consumers.update(stream, name, wanted)).config,
  };
}

async function apply(target: Target, difference: ProvisionDifference): Promise<void> {
  const { missing } = difference;
  const applied = await (missing ? target.create() : target.update()).catch((cause: unknown) => {
    if (!(cause instanceof JetStreamApiError)) throw cause;
    throw differenceError(difference, cause);
  });
  // A server older than a feature drops its settings without a word.
  const left = differenceOf(target, applied);
  if (left) throw differenceError(left);
}

function differenceOf({ what, wanted }: Target, found: object | undefined): ProvisionDifference | undefined {
  if (!found) return { what, missing: true, settings: [] };
  const current = found as Record<string, unknown>;
  const settings = Object.entries(wanted)
    .filter(([name]) => name !== 'name' && name !== 'durable_name')
    .filter(([name, value]) => !isDeepStrictEqual(sorted(value), sorted(current[name])))
    .map(([name, value]) => ({ name, wanted: value as unknown, found: current[name] }));
  return settings.length > 0 ? { what, missing: false, settings } : undefined;
}

/** The order of a list of subjects has no meaning. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as string[])].sort() : value;
}

function differenceError({ what, settings }: ProvisionDifference, cause?: JetStreamApiError): ProvisionError {
  const refusal = cause ? ` The server refused the change: ${cause.message} (code ${cause.code}).` : '';
  const list = settings.map(
    ({ name, wanted, found }) =>
      `\n  ${name}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`,
  );
  return new ProvisionError(
    settings.length > 0
      ? `The ${what} on the server is not as declared:${list.join('')}\n${refusal.trim()} Change the declaration to what is ` +
          'there, or move the events elsewhere, delete it on the server and start again.'
      : `The ${what} cannot be created.${refusal}`,
    { cause },
  );
}

function assertServer(connection: NatsConnection): void {
  const version = connection.info?.version ?? 'unknown';
  if (connection.info?.jetstream !== true) {
    throw new ProvisionError(
      `The NATS server at ${connection.getServer()} has JetStream turned off; start it with --jetstream.`,
    );
  }
  if (compareVersions(version, MINIMUM_SERVER) < 0) {
    throw new ProvisionError(
      `The NATS server at ${connection.getServer()} is version ${version}; ${MINIMUM_SERVER} or newer is needed.`,
    );
  }
}

function compareVersions(left: string, right: string): number {
  const numbers = (version: string) => version.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(left), numbers(right)];
  return a[0]! - b[0]! || (a[1] ?? 0) - (b[1] ?? 0) || (a[2] ?? 0) - (b[2] ?? 0);
}

const MISSING: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound];

async function configUnlessMissing(info: Promise<{ config: object }>): Promise<object | undefined> {
  try {
    return (await info).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && MISSING.includes(error.code)) return undefined;
    throw error;
  }
}
