import type { PausePolicy, Permissions } from '@cascade/jetstream';

/**
 * Topology as plain JSON, with the publishers, consumers and failures that the code declares. `node cascade topology --format
 * json` prints the topology.
 *
 * Every list is sorted by name, so that the same code always produces the same text. Delays and former names keep their order.
 */
export interface Topology {
  /**
   * Version of this format. The version is incremented if a field is removed or changes its meaning. Fields may be added at any
   * time.
   */
  format: 1;
  /** Name of the system, from package.json. */
  name: string;
  version: string;
  apps: App[];
  processors: Processor[];
  channels: Channel[];
  /** Every version of every event. */
  contracts: Contract[];
  /** Paths of golden samples whose version is unknown to the code, or whose file name has the wrong form. */
  straySamples: string[];
}

/** One version of an event. */
export interface EventVersion {
  /** Name of the event, such as `user.signed-up`. */
  event: string;
  version: number;
}

/** Service, which is a process that is started and stopped as a whole, and that has its own rights. */
export interface App {
  /** Name of the app's folder under `apps/`, and of the app in nest-cli.json. */
  name: string;
  /** Path of the folder relative to the root, with forward slashes, such as `apps/signup`. */
  folder: string;
  /** `ce-source` of the app's initiating events, and part of its inbox prefix; undefined if the app does not use JetStream. */
  source?: string;
  /** Initiating events, as declared in `JetStreamModule.forRoot({ publishes })`. */
  publishes: EventVersion[];
  /** Names of the app's processors. */
  processors: string[];
  /** Minimum rights in NATS that the app needs for all of its work. */
  permissions: Permissions;
}

/** Handler of one event type, as declared by `@Consumes` or `@ConsumesFailure`, including default values. */
export interface Processor {
  name: string;
  /** Name of the app in which the processor runs. */
  app: string;
  /** Former names, starting with the oldest. */
  formerly: string[];
  /** Class and method of the handler, such as `WelcomeProcessor.notify`. */
  handler: string;
  consumes: Consumption;
  publishes: EventVersion[];
  /** Maximum number of events that one replica handles at the same time. */
  concurrency: number;
  attempts: number;
  /** Delays after each attempt except the last, in milliseconds and without jitter. */
  delays: number[];
  /** Fraction of each delay, from 0 to 1, by which the delay is shortened or lengthened at random. */
  jitter: number;
  /** Time that an attempt has before the broker redelivers the event, in milliseconds. */
  ackWait: number;
  /** Names of the error classes after which the event is retried; undefined if the event is retried after any error. */
  retryOn?: string[];
  /** Names of the error classes, in addition to `UnrecoverableError`, after which the event is dead-lettered immediately. */
  unrecoverable: string[];
  /** Conditions and length of a pause; undefined if the processor never pauses. */
  pause?: PausePolicy;
  /** Subject of the processor's failure events. */
  failureChannel: string;
  /** Durable consumers of the processor. */
  consumers: Consumer[];
}

/** Events that a processor receives. */
export interface Consumption extends EventVersion {
  /** Subject of the events. */
  channel: string;
  stream: string;
  /** Name of the processor whose failures are consumed. `event` and `version` then describe the event that failed. */
  failuresOf?: string;
}

export interface Consumer {
  stream: string;
  durable: string;
  /** Filter subjects of the consumer. */
  subjects: string[];
}

/** Subject of one event type in all its versions, or of one processor's failures on one event type. */
export interface Channel {
  subject: string;
  stream: string;
  kind: 'event' | 'failure';
  /** Name of the event. On a failure channel, `event` is the name of the event that failed. */
  event: string;
  publishedBy: Publisher[];
  /** Names of the processors that consume the channel. */
  consumedBy: string[];
}

/** Publisher of a channel. `transport` stands for the transport itself, which publishes events such as `processor.paused`. */
export type Publisher = { app: string } | { processor: string } | { transport: true };

/** Version of an event, with its schema and samples. */
export interface Contract extends EventVersion {
  /** Name of the event class. */
  class: string;
  /** Subject of the event; `failed.>` for the failure event. */
  channel: string;
  /** `transport` for contracts of libs/jetstream, and `contracts` for contracts of libs/contracts. */
  origin: 'contracts' | 'transport';
  /** True if no newer version replaces this version. */
  newest: boolean;
  /** Version that the upcaster of this version accepts; undefined if this version has no upcaster. */
  upcastsFrom?: number;
  /** JSON Schema, draft 2020-12. */
  schema: JsonSchema;
  /** Golden samples of this version. */
  samples: Sample[];
}

export type JsonSchema = { [keyword: string]: unknown };

/** Golden sample, which is the body of an event as it was published. Each sample must stay readable. */
export interface Sample {
  /** Path relative to the root, with forward slashes. */
  file: string;
  data: unknown;
  /** Reasons why the sample is no longer readable, one sentence each; empty if the sample is readable. */
  faults: string[];
}
