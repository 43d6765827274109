import {
  DeliverPolicy,
  jetstreamManager,
  JetStreamApiError,
  RetentionPolicy,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { NoAnswerError, ProvisionError } from '../errors.js';
import { isAway } from '../client/read-with-retry.js';
import { unlessMissing } from '../client/unless-missing.js';
import { consumerDifferences, streamDifferences, type SettingDifference } from './provision-differences.js';
import type {
  ConsumerSettings,
  DurableConfig,
  JetStreamAssets,
  StreamDeclaration,
} from './stream-settings.js';

/** Oldest server version that can schedule messages. Retries are scheduled messages. */
const MINIMUM_SERVER = '2.12.0';
/** Timeout of a request that changes nothing, in milliseconds. After the timeout, the request is retried. */
const LOOK_TIMEOUT = 2_000;

/** A stream or consumer on the server that differs from its declaration. */
export interface ProvisionDifference {
  /** Name in messages, such as `stream EVENTS` or `consumer notifier on stream EVENTS`. */
  what: string;
  stream: string;
  /** Name of the consumer; undefined for a stream. */
  durable?: string;
  /** True if the server does not have the stream or consumer. */
  missing: boolean;
  /** Settings that differ; empty if the stream or consumer is missing. */
  settings: SettingDifference[];
}

type Config = Record<string, unknown>;

/** Declaration of a stream or consumer, with the requests that read and change its counterpart on the server. */
export interface Target extends Pick<ProvisionDifference, 'what' | 'stream' | 'durable'> {
  find(): Promise<object | undefined>;
  create(): Promise<object>;
  /** @param change settings to change; all other settings stay unchanged */
  update(change: object): Promise<object>;
  /** Deletes a consumer, so that it can be created again. Undefined for a stream. */
  remove?(): Promise<boolean>;
  differences(found: object): SettingDifference[];
}

/**
 * Returns the targets of the declared streams and consumers.
 *
 * @throws ProvisionError if the server lacks a feature that Cascade needs
 * @throws NoAnswerError if the broker is unreachable
 */
export async function targetsOf(
  connection: NatsConnection,
  { streams, consumers }: JetStreamAssets,
): Promise<Target[]> {
  assertServer(connection);
  const [looking, changing] = await Promise.all([
    jetstreamManager(connection, { checkAPI: false, timeout: LOOK_TIMEOUT }),
    jetstreamManager(connection, { checkAPI: false }),
  ]);
  const server = connection.getServer();
  const asked: Api['asked'] = (what, request) =>
    request.catch((cause: unknown) => {
      throw isAway(cause) ? noAnswer(server, what, cause as Error) : cause;
    });
  const api = { asked, looking, changing };
  return [
    ...streams.map((stream) => streamTarget(api, stream)),
    ...consumers.map((consumer) => consumerTarget(api, consumer)),
  ];
}

/** Returns a name such as `stream EVENTS` or `consumer notifier on stream EVENTS`. */
export function targetName(stream: string, durable?: string): string {
  return durable === undefined ? `stream ${stream}` : `consumer ${durable} on stream ${stream}`;
}

export function differenceOf(target: Target, found: object | undefined): ProvisionDifference | undefined {
  const { what, stream, durable } = target;
  const settings = found ? target.differences(found) : [];
  if (found && settings.length === 0) return undefined;
  return { what, stream, ...(durable ? { durable } : {}), missing: !found, settings };
}

/** Creates a missing stream or consumer, or finds it if another process has created it at the same moment. */
export async function createOrFind(target: Target): Promise<{ config: object; isNew: boolean }> {
  try {
    return { config: await target.create(), isNew: true };
  } catch (cause) {
    if (!(cause instanceof JetStreamApiError)) throw cause;
    const config = await target.find();
    if (config) return { config, isNew: false };
    throw differenceError({ ...target, settings: [] }, cause);
  }
}

/**
 * Applies a change, unless the change has no settings.
 *
 * @throws ProvisionError if the server refuses the change
 * @throws ProvisionError if the server is too old to know a setting, and therefore drops it
 */
export async function update(target: Target, difference: ProvisionDifference, change: Config): Promise<void> {
  if (Object.keys(change).length === 0) return;
  const config = await target.update(change).catch((cause: unknown) => {
    throw cause instanceof JetStreamApiError ? differenceError(difference, cause) : cause;
  });
  const left = target
    .differences(config)
    .filter(({ name }) => name in change && !isMerged(name, change, config));
  if (left.length > 0) throw differenceError({ ...difference, settings: left });
}

/** Returns true if a list on the server contains all subjects of the change. Undeclared subjects may stay in the list. */
function isMerged(name: string, change: Config, config: object): boolean {
  const subjects = (config as Config)[name];
  return Array.isArray(subjects) && (change[name] as string[]).every((subject) => subjects.includes(subject));
}

export function differenceError(
  { what, settings }: Pick<ProvisionDifference, 'what' | 'settings'>,
  cause?: JetStreamApiError,
): ProvisionError {
  const refusal = cause ? ` The server refused the change: ${cause.message} (code ${cause.code}).` : '';
  const list = settings.map(
    ({ name, wanted, found }) =>
      `\n  ${name}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`,
  );
  return new ProvisionError(
    settings.length > 0
      ? `The ${what} on the server is not as declared:${list.join('')}\n${refusal.trim()} Change the declaration to what was found, ` +
          'or move the events elsewhere, delete it on the server and start again.'
      : `The ${what} cannot be created.${refusal}`,
    { cause },
  );
}

/**
 * Access to the server's API. Requests that only read have a short timeout and are retried. Requests that change something have
 * the client's timeout of 5 s.
 */
interface Api {
  looking: JetStreamManager;
  changing: JetStreamManager;
  /** @throws NoAnswerError if the broker is unreachable or does not answer */
  asked<Answer>(this: void, what: string, request: Promise<Answer>): Promise<Answer>;
}

function streamTarget({ asked, looking, changing }: Api, wanted: StreamDeclaration): Target {
  const { name } = wanted;
  const what = targetName(name);
  const { streams } = changing;
  return {
    what,
    stream: name,
    find: () =>
      unlessMissing(asked(`to show ${what}`, looking.streams.info(name))).then((info) => info?.config),
    create: () => asked(`to create ${what}`, streams.add(wanted)).then(({ config }) => config),
    update: (change: Partial<StreamConfig>) =>
      asked(`to change ${what}`, streams.update(name, change)).then(({ config }) => config),
    differences: (found) => streamDifferences(wanted, found),
  };
}

function consumerTarget(api: Api, { stream, config: wanted, formerly = [] }: ConsumerSettings): Target {
  const durable = wanted.durable_name;
  const what = targetName(stream, durable);
  const { asked, changing } = api;
  const { consumers } = changing;
  return {
    what,
    stream,
    durable,
    find: () => findConsumer(api, stream, durable).then((info) => info?.config),
    create: async () => {
      const start = await startAfterFormer(api, stream, formerly);
      return (await asked(`to create ${what}`, consumers.add(stream, { ...wanted, ...start }))).config;
    },
    update: (change: Partial<ConsumerConfig>) => {
      // The server accepts either one filter or a list of filters, and refuses both together.
      const settings: Partial<ConsumerConfig> = change.filter_subjects
        ? { ...change, filter_subject: undefined }
        : change;
      return asked(`to change ${what}`, consumers.update(stream, durable, settings)).then(
        ({ config }) => config,
      );
    },
    remove: () => asked(`to delete ${what}`, consumers.delete(stream, durable)),
    differences: (found) => consumerDifferences(wanted, found),
  };
}

function findConsumer({ asked, looking }: Api, stream: string, durable: string) {
  return unlessMissing(
    asked(`to show ${targetName(stream, durable)}`, looking.consumers.info(stream, durable)),
  );
}

/**
 * Returns the start position of a renamed processor's consumer; an empty object if the consumer has no former consumer. The
 * consumer starts after the events that its most recent former consumer has settled without a gap. A work-queue stream, such as
 * RETRIES, refuses a consumer with a start sequence.
 */
async function startAfterFormer(
  api: Api,
  stream: string,
  formerly: readonly string[],
): Promise<Partial<DurableConfig>> {
  if (formerly.length === 0) return {};
  const { config } = await api.asked(`to show ${targetName(stream)}`, api.looking.streams.info(stream));
  if (config.retention === RetentionPolicy.Workqueue) return {};
  for (const name of [...formerly].reverse()) {
    const former = await findConsumer(api, stream, name);
    if (!former) continue;
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: former.ack_floor.stream_seq + 1 };
  }
  return {};
}

function noAnswer(server: string, what: string, cause: Error): NoAnswerError {
  return new NoAnswerError(
    `The broker at ${server} gave no answer when it was asked ${what} (${cause.message}). ` +
      'Check that nats-server runs, that its disk has room, and in a cluster that most of its nodes are up.',
    { cause },
  );
}

function assertServer(connection: NatsConnection): void {
  const { info } = connection;
  const server = connection.getServer();
  // The client has no information about the server while it reconnects.
  if (!info) throw noAnswer(server, 'for its version', new Error('disconnected'));
  if (info.jetstream !== true) {
    throw new ProvisionError(
      `The NATS server at ${server} has JetStream turned off; start it with --jetstream.`,
    );
  }
  if (info.version.localeCompare(MINIMUM_SERVER, 'en', { numeric: true }) < 0) {
    throw new ProvisionError(
      `The NATS server at ${server} is version ${info.version}; ${MINIMUM_SERVER} or newer is needed.`,
    );
  }
}
