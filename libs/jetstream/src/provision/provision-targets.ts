import {
  DeliverPolicy,
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { NoAnswerError, ProvisionError } from '../errors.js';
import { isAway } from '../client/read-with-retry.js';
import { consumerDifferences, streamDifferences, type SettingDifference } from './provision-differences.js';
import type { ConsumerSettings, DurableConfig, StreamDeclaration } from './stream-settings.js';

/** Oldest server with scheduled messages, which carry the retries. */
const MINIMUM_SERVER = '2.12.0';
/** Milliseconds to wait for an answer that changes nothing, before the broker is asked again. */
const LOOK_TIMEOUT = 2_000;

/** A stream or consumer on the server that is not as declared. */
export interface ProvisionDifference {
  /** `stream EVENTS`, or `consumer notifier on stream EVENTS`. */
  what: string;
  stream: string;
  /** Name of the consumer; undefined for a stream. */
  durable?: string;
  /** It is not there at all. */
  missing: boolean;
  /** Settings that differ; empty if it is missing. */
  settings: SettingDifference[];
}

type Config = Record<string, unknown>;

/** A stream or consumer as declared, and how to look at and change the one on the server. */
export interface Target extends Pick<ProvisionDifference, 'what' | 'stream' | 'durable'> {
  wanted: object;
  find(): Promise<object | undefined>;
  create(): Promise<object>;
  /** @param change settings; all others stay as they are */
  update(change: object): Promise<object>;
  /** Consumers only: so that it can be created anew. */
  remove(): Promise<boolean>;
  differences(found: object): SettingDifference[];
}

/**
 * @throws ProvisionError if the server cannot do what Cascade needs
 * @throws NoAnswerError if the broker is away
 */
export async function targetsOf(
  connection: NatsConnection,
  streams: readonly StreamDeclaration[],
  consumers: readonly ConsumerSettings[],
): Promise<Target[]> {
  assertServer(connection);
  const [looking, changing] = await Promise.all([
    jetstreamManager(connection, { checkAPI: false, timeout: LOOK_TIMEOUT }),
    jetstreamManager(connection, { checkAPI: false }),
  ]);
  const api: Api = { server: connection.getServer(), looking, changing };
  return [
    ...streams.map((wanted) => streamTarget(api, wanted)),
    ...consumers.map((consumer) => consumerTarget(api, consumer)),
  ];
}

export function differenceOf(target: Target, found: object | undefined): ProvisionDifference | undefined {
  const { what, stream, durable } = target;
  const place = { what, stream, ...(durable ? { durable } : {}) };
  if (!found) return { ...place, missing: true, settings: [] };
  const settings = target.differences(found);
  return settings.length > 0 ? { ...place, missing: false, settings } : undefined;
}

/** Creates a missing stream or consumer; finds the one that another process has created at the same moment. */
export async function createOrFind(target: Target): Promise<{ config: object; isNew: boolean }> {
  try {
    return { config: await target.create(), isNew: true };
  } catch (cause) {
    if (!(cause instanceof JetStreamApiError)) throw cause;
    const config = await target.find();
    if (config) return { config, isNew: false };
    throw differenceError({ ...target, missing: true, settings: [] }, cause);
  }
}

/** @throws ProvisionError if the server refuses the change, or drops a setting as servers older than it do */
export async function update(target: Target, difference: ProvisionDifference, change: Config): Promise<void> {
  const config = await target.update(change).catch((cause: unknown) => {
    throw cause instanceof JetStreamApiError ? differenceError(difference, cause) : cause;
  });
  const left = target
    .differences(config)
    .filter(({ name }) => name in change && !isMerged(name, change, config));
  if (left.length > 0) throw differenceError({ ...difference, settings: left });
}

/** Subjects that nothing declares may stay beside the declared ones. */
function isMerged(name: string, change: Config, config: object): boolean {
  const subjects = (config as Config)[name];
  return Array.isArray(subjects) && (change[name] as string[]).every((subject) => subjects.includes(subject));
}

export function differenceError(
  { what, settings }: ProvisionDifference,
  cause?: JetStreamApiError,
): ProvisionError {
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

/** Two sets of requests: those that only look are asked again soon, those that change something get the client's 5 s. */
interface Api {
  server: string;
  looking: JetStreamManager;
  changing: JetStreamManager;
}

function streamTarget(api: Api, wanted: StreamDeclaration): Target {
  const { name } = wanted;
  const what = `stream ${name}`;
  return {
    what,
    stream: name,
    wanted,
    find: () => unlessMissing(asked(api, `to show ${what}`, api.looking.streams.info(name))),
    create: async () => (await asked(api, `to create ${what}`, api.changing.streams.add(wanted))).config,
    update: async (change) =>
      (
        await asked(
          api,
          `to change ${what}`,
          api.changing.streams.update(name, change as Partial<StreamConfig>),
        )
      ).config,
    remove: () => Promise.resolve(false),
    differences: (found) => streamDifferences(wanted, found),
  };
}

function consumerTarget(api: Api, { stream, config, formerly = [] }: ConsumerSettings): Target {
  const durable = config.durable_name;
  const what = `consumer ${durable} on stream ${stream}`;
  const { consumers } = api.changing;
  return {
    what,
    stream,
    durable,
    wanted: config,
    find: () => unlessMissing(asked(api, `to show ${what}`, api.looking.consumers.info(stream, durable))),
    create: async () => {
      const start = await startAfterFormer(api, stream, formerly);
      return (await asked(api, `to create ${what}`, consumers.add(stream, { ...config, ...start }))).config;
    },
    update: async (change) =>
      (await asked(api, `to change ${what}`, consumers.update(stream, durable, withFilters(change)))).config,
    remove: () => asked(api, `to delete ${what}`, consumers.delete(stream, durable)),
    differences: (found) => consumerDifferences(config, found),
  };
}

/** The server takes one filter or a list, and refuses both. */
function withFilters(change: Partial<ConsumerConfig>): Partial<ConsumerConfig> {
  return change.filter_subjects ? { ...change, filter_subject: undefined } : change;
}

/**
 * A processor that was renamed goes on behind what it has settled under its newest former name. A stream of tasks, such as
 * RETRIES, lets no consumer start elsewhere than at its beginning.
 */
async function startAfterFormer(
  api: Api,
  stream: string,
  formerly: readonly string[],
): Promise<Partial<DurableConfig>> {
  if (formerly.length === 0) return {};
  const { config } = await asked(api, `to show stream ${stream}`, api.looking.streams.info(stream));
  if (config.retention === RetentionPolicy.Workqueue) return {};
  for (const name of [...formerly].reverse()) {
    const request = asked(
      api,
      `to show consumer ${name} on stream ${stream}`,
      api.looking.consumers.info(stream, name),
    );
    const former = await infoUnlessMissing(request);
    if (!former) continue;
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: former.ack_floor.stream_seq + 1 };
  }
  return {};
}

/** @throws NoAnswerError if the broker is away or answers nothing */
async function asked<Answer>({ server }: Api, what: string, request: Promise<Answer>): Promise<Answer> {
  try {
    return await request;
  } catch (cause) {
    if (!isAway(cause)) throw cause;
    throw noAnswer(server, what, cause as Error);
  }
}

function noAnswer(server: string, what: string, cause: Error): NoAnswerError {
  return new NoAnswerError(
    `The broker at ${server} gave no answer when it was asked ${what} (${cause.message}). ` +
      'Check that nats-server runs, that its disk has room, and in a cluster that most of its nodes are up.',
    { cause },
  );
}

const MISSING: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound];

async function unlessMissing(info: Promise<{ config: object }>): Promise<object | undefined> {
  return (await infoUnlessMissing(info))?.config;
}

async function infoUnlessMissing<Info extends { config: object } | ConsumerInfo>(
  info: Promise<Info>,
): Promise<Info | undefined> {
  try {
    return await info;
  } catch (error) {
    if (error instanceof JetStreamApiError && MISSING.includes(error.code)) return undefined;
    throw error;
  }
}

function assertServer(connection: NatsConnection): void {
  const { info } = connection;
  // The client forgets what it knows of the server for as long as it reconnects.
  if (!info) throw noAnswer(connection.getServer(), 'for its version', new Error('disconnected'));
  const { version } = info;
  if (info.jetstream !== true) {
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
