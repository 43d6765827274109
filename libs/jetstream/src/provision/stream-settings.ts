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

const MILLISECOND = 1_000_000;
const DAY = 24 * 60 * 60 * 1_000;
/** Milliseconds within which the broker drops a second message of the same id: 10 minutes. */
export const DUPLICATE_WINDOW = 10 * 60 * 1_000;

const EVENTS_DEFAULTS = { maxBytes: 1024 ** 3, maxAge: 7 * DAY };
const FAILURES_DEFAULTS = { maxBytes: 256 * 1024 ** 2, maxAge: 30 * DAY };

export interface StreamSettings {
  /** Bytes that the stream may hold; when it is full, publishing waits. Default 1 GiB for events, 256 MiB for failures. */
  maxBytes?: number;
  /** Milliseconds for which an event is kept, at least 10 minutes. Default 7 days for events, 30 days for failures. */
  maxAge?: number;
}

/**
 * How large the streams of a system are. The streams belong to the system, not to one service, so all services declare the same.
 * A running service creates the streams with these settings and never changes them afterwards: `node cascade provision` does.
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
      // Gone once the attempt is answered; the event itself stays in its own stream.
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      num_replicas: settings.replicas ?? 1,
      // The server refuses schedules where `discard` is `new`. Without limits `old` never drops one either.
      discard: DiscardPolicy.Old,
      allow_msg_schedules: true,
      duplicate_window: DUPLICATE_WINDOW * MILLISECOND,
    },
    {
      ...streamConfig(FAILURES_STREAM, settings.failures, FAILURES_DEFAULTS, settings.replicas),
      subjects: ['failed.>', 'failure-state.>'],
      description: 'Cascade: failure events, each with the whole original, and what became of them',
    },
  ];
}

export type DurableConfig = Partial<ConsumerConfig> & { durable_name: string };

/** A durable consumer as declared, and the stream that it reads. */
export interface ConsumerSettings {
  stream: string;
  config: DurableConfig;
  /** Former names of its processor, the oldest first. */
  formerly?: readonly string[];
}

/** Milliseconds for which a stream of events, or of failure events, keeps what it holds, and may deliver it. */
export function keptFor(stream: string, { events, failures }: JetStreamSettings): number {
  return stream === FAILURES_STREAM
    ? (failures?.maxAge ?? FAILURES_DEFAULTS.maxAge)
    : (events?.maxAge ?? EVENTS_DEFAULTS.maxAge);
}

/**
 * An event that waits for its next attempt longer than its stream keeps it could be dead-lettered without its original.
 *
 * @throws InvalidDeclarationError
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
      `in ${channel.stream}. Shorten its backoff or jitter, or keep them longer.`,
  );
}

/**
 * A processor's durables. All but the last have its name: one for its channel, one for its replays, one for the retries that
 * are due and for suspects that wait; the first two are one where they lie in one stream. The last is for the suspect whose
 * attempt is being made, so that nothing else is in its way.
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
    // Also what was published before the processor first ran: nothing is lost in the order of a deployment.
    deliver_policy: DeliverPolicy.All,
    ack_wait: ackWait * MILLISECOND,
    // Attempts are counted by the transport, which can then tell of a failure; a limit here would hide the event.
    max_deliver: -1,
    // Over all replicas. Waiting retries are not among them: they lie in the stream as schedules.
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
    // Work-queue retention would delete the history that replay and late processors need.
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // A full stream refuses new events; with `old` it would silently drop events that nobody has read.
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    max_bytes: maxBytes,
    max_age: maxAge * MILLISECOND,
    duplicate_window: DUPLICATE_WINDOW * MILLISECOND,
  };
}
