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

/** Nanoseconds, in which the server states a time. */
export const MILLISECOND = 1_000_000;
const DAY = 24 * 60 * 60 * 1_000;
/** Milliseconds within which the broker drops a second message of the same id: 10 minutes. */
export const DUPLICATE_WINDOW = 10 * 60 * 1_000;

const EVENTS_DEFAULTS = { maxBytes: 1024 ** 3, maxAge: 7 * DAY };
const FAILURES_DEFAULTS = { maxBytes: 256 * 1024 ** 2, maxAge: 30 * DAY };

export interface StreamSettings {
  /** Bytes that the stream may hold. Publishing waits if it is full. Default 1 GiB for events, 256 MiB for failures. */
  maxBytes?: number;
  /** Milliseconds for which an event is kept, at least 10 minutes. Default 7 days for events, 30 days for failures. */
  maxAge?: number;
}

/**
 * The sizes of a system's streams. The streams belong to the system, not to one service, so all services declare the same sizes.
 * A running service creates the streams with these settings; only `node cascade provision` changes them later.
 */
export interface JetStreamSettings {
  /** Copies of every stream in a cluster: 1, 3 or 5. Default 1. */
  replicas?: number;
  events?: StreamSettings;
  failures?: StreamSettings;
}

/** A stream as declared. */
export type StreamDeclaration = Partial<StreamConfig> & { name: string };

/**
 * The streams that Cascade needs.
 *
 * @throws InvalidDeclarationError if a limit is not above 0, or events are kept for less than the duplicate window of 10 minutes
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
      // Deletes a retry when its attempt is answered. The event itself stays in its own stream.
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

/** Streams and consumers. */
export interface JetStreamAssets {
  streams: readonly StreamDeclaration[];
  consumers: readonly ConsumerSettings[];
}

/** Every stream of a system, and the consumers of these processors. */
export function assetsOf(
  settings: JetStreamSettings,
  declarations: readonly ProcessorDeclaration[],
): JetStreamAssets {
  return { streams: streamConfigs(settings), consumers: declarations.flatMap(consumerConfigs) };
}

export type DurableConfig = Partial<ConsumerConfig> & { durable_name: string };

/** A durable consumer as declared, and the stream that it reads. */
export interface ConsumerSettings {
  stream: string;
  config: DurableConfig;
  /** Former names of its processor, the oldest first. */
  formerly?: readonly string[];
}

/** Milliseconds for which EVENTS or FAILURES keeps a message and may deliver it. */
export function keptFor(stream: string, { events, failures }: JetStreamSettings): number {
  return stream === FAILURES_STREAM
    ? (failures?.maxAge ?? FAILURES_DEFAULTS.maxAge)
    : (events?.maxAge ?? EVENTS_DEFAULTS.maxAge);
}

/**
 * An event that its stream deletes before the last attempt could be dead-lettered without its original.
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
 * A processor's durables. All except the last have the processor's name, one for each stream that it reads. These are the stream of
 * its channel, EVENTS for replays, and RETRIES for due retries and quarantined events. The last durable delivers quarantined events
 * one by one for their isolated attempt.
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
    // Includes events that were published before the processor first ran, so services may be deployed in any order.
    deliver_policy: DeliverPolicy.All,
    ack_wait: ackWait * MILLISECOND,
    // The transport counts attempts and stores a failure event. With a limit here, the server would just stop delivering.
    max_deliver: -1,
    // Of all replicas together. Waiting retries do not count: they lie in the stream as schedules.
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
    // The server takes 0 for "without limit".
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
    // A full stream refuses new events. With `old` it would silently drop events that no processor has read.
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    max_bytes: maxBytes,
    max_age: maxAge * MILLISECOND,
    duplicate_window: DUPLICATE_WINDOW * MILLISECOND,
  };
}
