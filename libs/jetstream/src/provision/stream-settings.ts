import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type StreamConfig,
} from '@nats-io/jetstream';
import {
  isolatedOf,
  EVENTS_STREAM,
  FAILURES_STREAM,
  replayChannelOf,
  RETRIES_STREAM,
  retryDueOf,
  quarantineOf,
  quarantineDurableOf,
} from '../wire/names.js';
import { withJitter } from '../declare/backoff.js';
import { InvalidDeclarationError } from '../errors.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/** Number of nanoseconds in a millisecond. The server states times in nanoseconds. */
export const MILLISECOND = 1_000_000;
const DAY = 24 * 60 * 60 * 1_000;
/** Time within which the broker drops a second message with the same id, in milliseconds (10 minutes). */
export const DUPLICATE_WINDOW = 10 * 60 * 1_000;

const EVENTS_DEFAULTS = { maxBytes: 1024 ** 3, maxAge: 7 * DAY };
const FAILURES_DEFAULTS = { maxBytes: 256 * 1024 ** 2, maxAge: 30 * DAY };

export interface StreamSettings {
  /**
   * Maximum size of the stream, in bytes. Publishes wait while the stream is full. Default 1 GiB for events, 256 MiB for
   * failures.
   */
  maxBytes?: number;
  /** Time for which an event is kept, in milliseconds. Minimum 10 minutes. Default 7 days for events, 30 days for failures. */
  maxAge?: number;
}

/**
 * Sizes of a system's streams. The streams belong to the system, not to one service, so all services declare the same sizes. A
 * running service creates the streams with these settings. Later, only `node cascade provision` changes the settings.
 */
export interface JetStreamSettings {
  /** Number of copies of every stream in a cluster: 1, 3 or 5. Default 1. */
  replicas?: number;
  events?: StreamSettings;
  failures?: StreamSettings;
}

export type StreamDeclaration = Partial<StreamConfig> & { name: string };

/**
 * Returns the streams that Cascade needs.
 *
 * @throws InvalidDeclarationError if a limit is not above 0
 * @throws InvalidDeclarationError if events are kept for less than the duplicate window of 10 minutes
 */
export function streamConfigs(settings: JetStreamSettings = {}): StreamDeclaration[] {
  return [
    {
      ...streamConfig(EVENTS_STREAM, settings.events, EVENTS_DEFAULTS, settings.replicas),
      subjects: ['events.>', 'replay.>'],
      description: 'Cascade: every event and replay',
    },
    {
      name: RETRIES_STREAM,
      subjects: ['retry.>'],
      description: 'Cascade: events that wait for their next attempt',
      // Deletes a retry when its delivery is acknowledged. The original event stays in its own stream.
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      num_replicas: settings.replicas ?? 1,
      // The server refuses schedules if `discard` is `new`. Without limits, `old` never drops a message.
      discard: DiscardPolicy.Old,
      allow_msg_schedules: true,
      duplicate_window: DUPLICATE_WINDOW * MILLISECOND,
    },
    {
      ...streamConfig(FAILURES_STREAM, settings.failures, FAILURES_DEFAULTS, settings.replicas),
      subjects: ['failed.>', 'failure-state.>'],
      description: 'Cascade: failure events and their states',
    },
  ];
}

/** Declared streams and consumers. */
export interface JetStreamAssets {
  streams: readonly StreamDeclaration[];
  consumers: readonly ConsumerSettings[];
}

/** Returns every stream of a system, and the consumers of the declared processors. */
export function assetsOf(
  settings: JetStreamSettings,
  declarations: readonly ProcessorDeclaration[],
): JetStreamAssets {
  return { streams: streamConfigs(settings), consumers: declarations.flatMap(consumerConfigs) };
}

export type DurableConfig = Partial<ConsumerConfig> & { durable_name: string };

/** Declaration of a durable consumer, and the stream that the consumer reads. */
export interface ConsumerSettings {
  stream: string;
  config: DurableConfig;
  /** Former names of the consumer's processor, oldest first. */
  formerly?: readonly string[];
}

/** Returns the declared time for which EVENTS or FAILURES keeps a message and may deliver it, in milliseconds. */
export function keptFor(stream: string, { events, failures }: JetStreamSettings): number {
  return stream === FAILURES_STREAM
    ? (failures?.maxAge ?? FAILURES_DEFAULTS.maxAge)
    : (events?.maxAge ?? EVENTS_DEFAULTS.maxAge);
}

/**
 * Checks that the attempts of an event end before its stream deletes it. Otherwise, the event could be dead-lettered without its
 * original.
 *
 * @throws InvalidDeclarationError if an event may wait for its attempts for longer than its stream keeps it
 */
export function assertRetriesFit(
  { processor, delays, jitter, channel }: ProcessorDeclaration,
  settings: JetStreamSettings,
): void {
  const maxAge = keptFor(channel.stream, settings);
  const longest = delays.reduce((sum, delay) => sum + withJitter(delay, jitter, 1), 0);
  if (longest < maxAge) return;
  throw new InvalidDeclarationError(
    `Processor '${processor}' waits up to ${longest} ms for its last attempt, but events are kept for ${maxAge} ms ` +
      `in ${channel.stream}. Shorten its backoff or jitter, or keep events longer.`,
  );
}

/**
 * Returns the durable consumers of a processor. All consumers except the last have the processor's name, with one consumer for
 * each stream that the processor reads. The streams are the stream of its channel, EVENTS for replays, and RETRIES for due
 * retries and quarantined events. The last consumer delivers quarantined events one by one for their isolated attempts.
 */
export function consumerConfigs(declaration: ProcessorDeclaration): ConsumerSettings[] {
  const { processor, channel, consumes, formerly } = declaration;
  const replays = [processor, ...formerly].map((name) => replayChannelOf(name, consumes.event.name));
  const places = [
    channel,
    ...replays.map((subject) => ({ stream: EVENTS_STREAM, subject })),
    { stream: RETRIES_STREAM, subject: retryDueOf(processor, '*') },
    { stream: RETRIES_STREAM, subject: quarantineOf(processor, '*') },
  ];
  const sources: Record<string, string[]> = {};
  for (const { stream, subject } of places) (sources[stream] ??= []).push(subject);
  const named = Object.entries(sources).map(([stream, subjects]) => ({
    stream,
    config: durable(declaration, subjects),
    formerly,
  }));
  const suspects: DurableConfig = {
    ...durable(declaration, [isolatedOf(processor, '*')]),
    durable_name: quarantineDurableOf(processor),
    max_ack_pending: 1,
  };
  return [...named, { stream: RETRIES_STREAM, config: suspects }];
}

function durable(
  { processor, ackWait, concurrency }: ProcessorDeclaration,
  subjects: string[],
): DurableConfig {
  return {
    durable_name: processor,
    description: `Cascade: processor ${processor}`,
    filter_subjects: subjects,
    ack_policy: AckPolicy.Explicit,
    // Includes events that were published before the processor first ran, so that services may be deployed in any order.
    deliver_policy: DeliverPolicy.All,
    ack_wait: ackWait * MILLISECOND,
    // The transport counts the attempts and stores a failure event. With a limit here, the server would only stop delivering the
    // event.
    max_deliver: -1,
    // Limit for all replicas together. Waiting retries do not count, because they are stored in the stream as schedules.
    max_ack_pending: Math.max(1_000, concurrency * 16),
  };
}

function streamConfig(
  name: string,
  settings: StreamSettings = {},
  defaults: Required<StreamSettings>,
  replicas = 1,
): StreamDeclaration {
  const maxBytes = settings.maxBytes ?? defaults.maxBytes;
  const maxAge = settings.maxAge ?? defaults.maxAge;
  for (const [limit, value] of Object.entries({ maxBytes, maxAge })) {
    // The server takes 0 as "unlimited".
    if (!(value > 0))
      throw new InvalidDeclarationError(`Stream ${name}: ${limit} must be above 0, found ${value}.`);
  }
  if (maxAge < DUPLICATE_WINDOW) {
    throw new InvalidDeclarationError(
      `Stream ${name}: maxAge must be at least ${DUPLICATE_WINDOW} ms (10 min), found ${maxAge}. For that time the broker drops ` +
        'duplicates, and it refuses a stream that keeps its events for a shorter time.',
    );
  }
  return {
    name,
    // Work-queue retention would delete events that replays and later processors need.
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // A full stream refuses new events. With `old`, the stream would silently drop events that no processor has read.
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    max_bytes: maxBytes,
    max_age: maxAge * MILLISECOND,
    duplicate_window: DUPLICATE_WINDOW * MILLISECOND,
  };
}
