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

/**
 * Creates what is missing of the streams and consumers and updates what differs. Repeating it changes nothing.
 *
 * @throws ProvisionError where the server is too old, or a difference cannot be updated
 */
export async function provision(
  connection: NatsConnection,
  streams: Named<StreamConfig>[],
  consumers: { stream: string; config: DurableConfig }[],
): Promise<void> {
  assertServer(connection);
  const manager = await jetstreamManager(connection, { checkAPI: false });
  for (const stream of streams) await provisionStream(manager, stream);
  for (const { stream, config } of consumers) await provisionConsumer(manager, stream, config);
}

async function provisionStream(manager: JetStreamManager, wanted: Named<StreamConfig>): Promise<void> {
  const found = await unlessMissing(manager.streams.info(wanted.name), JetStreamApiCodes.StreamNotFound);
  const applied = await apply(`stream ${wanted.name}`, wanted, found?.config, async () => {
    if (!found) return (await manager.streams.add(wanted)).config;
    return (await manager.streams.update(wanted.name, wanted)).config;
  });
  assertApplied(`stream ${wanted.name}`, wanted, applied);
}

async function provisionConsumer(
  manager: JetStreamManager,
  stream: string,
  wanted: DurableConfig,
): Promise<void> {
  const name = wanted.durable_name;
  const what = `consumer ${name} on stream ${stream}`;
  const found = await unlessMissing(manager.consumers.info(stream, name), JetStreamApiCodes.ConsumerNotFound);
  const applied = await apply(what, wanted, found?.config, async () => {
    if (!found) return (await manager.consumers.add(stream, wanted)).config;
    return (await manager.consumers.update(stream, name, wanted)).config;
  });
  assertApplied(what, wanted, applied);
}

async function apply<Config extends object>(
  what: string,
  wanted: object,
  found: Config | undefined,
  change: () => Promise<Config>,
): Promise<Config> {
  if (found && differences(wanted, found).length === 0) return found;
  try {
    return await change();
  } catch (cause) {
    if (!(cause instanceof JetStreamApiError)) throw cause;
    throw differenceError(what, found ? differences(wanted, found) : [], cause);
  }
}

/** A server older than a feature drops its settings without a word, so what came back is compared. */
function assertApplied(what: string, wanted: object, applied: object): void {
  const left = differences(wanted, applied);
  if (left.length > 0) throw differenceError(what, left);
}

function differences(wanted: object, found: object): string[] {
  const current = found as Record<string, unknown>;
  return Object.entries(wanted)
    .filter(([key]) => key !== 'name' && key !== 'durable_name')
    .filter(([key, value]) => !isDeepStrictEqual(sorted(value), sorted(current[key])))
    .map(([key, value]) => `${key}: wanted ${JSON.stringify(value)}, found ${JSON.stringify(current[key])}`);
}

/** The order of a list of subjects has no meaning. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as string[])].sort() : value;
}

function differenceError(what: string, differing: string[], cause?: JetStreamApiError): ProvisionError {
  const refusal = cause ? ` The server refused the change: ${cause.message} (code ${cause.code}).` : '';
  const list = differing.map((line) => `\n  ${line}`).join('');
  return new ProvisionError(
    differing.length > 0
      ? `The ${what} on the server is not as declared:${list}\n${refusal.trim()} Change the declaration to what is ` +
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

async function unlessMissing<Info>(info: Promise<Info>, missing: number): Promise<Info | undefined> {
  try {
    return await info;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === missing) return undefined;
    throw error;
  }
}
