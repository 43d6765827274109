import type { PausePolicy, Permissions } from '@cascade/jetstream';

/**
 * The topology as plain JSON: publishers, consumers and failures, as declared in the code. `node cascade topology --format json`
 * prints it.
 *
 * Every list is sorted by name, so that the same code always gives the same text. Delays keep their order.
 */
export interface Topology {
  /** Version of this format. It grows if a field is removed or changes its meaning. Fields may be added at any time. */
  format: 1;
  /** Name of the system, from package.json. */
  name: string;
  version: string;
  apps: App[];
  processors: Processor[];
  channels: Channel[];
  /** Every version of every event. */
  contracts: Contract[];
  /** Golden samples of a version that the code does not know, or with a name of the wrong form. */
  straySamples: string[];
}

/** One version of an event. */
export interface EventVersion {
  /** Such as `user.signed-up`. */
  event: string;
  version: number;
}

/** A service: a process that is started, stopped and has rights as a whole. */
export interface App {
  /** Name of its folder under `apps/`, and in nest-cli.json. */
  name: string;
  /** Relative to the root, with forward slashes: `apps/signup`. */
  folder: string;
  /** `ce-source` of its initiating events, and part of its inbox; undefined if it does not use JetStream. */
  source?: string;
  /** Initiating events, as declared in `JetStreamModule.forRoot({ publishes })`. */
  publishes: EventVersion[];
  /** Names of its processors. */
  processors: string[];
  /** The least rights in NATS with which it does all of its work. */
  permissions: Permissions;
}

/** A handler of one event type, as declared by `@Consumes` or `@ConsumesFailure`, with its defaults. */
export interface Processor {
  name: string;
  /** Name of the app that it runs in. */
  app: string;
  /** Former names, the oldest first. */
  formerly: string[];
  /** Class and method: `WelcomeProcessor.notify`. */
  handler: string;
  consumes: Consumption;
  publishes: EventVersion[];
  /** Events that one replica handles at the same time. */
  concurrency: number;
  attempts: number;
  /** Milliseconds after each attempt except the last, without jitter. */
  delays: number[];
  /** Fraction of each delay, 0 to 1, by which the delay is made shorter or longer at random. */
  jitter: number;
  /** Milliseconds. */
  ackWait: number;
  /** Names of the error classes that are retried; undefined if all are. */
  retryOn?: string[];
  /** Names of the error classes that are dead-lettered at once, beside `UnrecoverableError`. */
  unrecoverable: string[];
  /** Undefined if it never pauses. */
  pause?: PausePolicy;
  /** Subject of its failure events. */
  failureChannel: string;
  /** Its durables. */
  consumers: Consumer[];
}

/** The events that a processor gets. */
export interface Consumption extends EventVersion {
  /** Subject. */
  channel: string;
  stream: string;
  /** The processor whose failures are consumed. `event` and `version` are then those of the event that failed. */
  failuresOf?: string;
}

export interface Consumer {
  stream: string;
  durable: string;
  /** Its filter subjects. */
  subjects: string[];
}

/** A subject of one event type in all its versions, or of one processor's failures on one event type. */
export interface Channel {
  subject: string;
  stream: string;
  kind: 'event' | 'failure';
  /** On a failure channel, the event that failed. */
  event: string;
  publishedBy: Publisher[];
  /** Names of processors. */
  consumedBy: string[];
}

/** `transport` stands for the transport itself, which publishes events such as `processor.paused`. */
export type Publisher = { app: string } | { processor: string } | { transport: true };

/** A version of an event. */
export interface Contract extends EventVersion {
  /** Name of the class. */
  class: string;
  /** Subject; `failed.>` for the failure event. */
  channel: string;
  /** `transport` for contracts of libs/jetstream, `contracts` for those of libs/contracts. */
  origin: 'contracts' | 'transport';
  /** True if no newer version replaces it. */
  newest: boolean;
  /** The version that its upcaster takes; undefined if it has none. */
  upcastsFrom?: number;
  /** JSON Schema, draft 2020-12. */
  schema: JsonSchema;
  /** The golden samples. */
  samples: Sample[];
}

export type JsonSchema = { [keyword: string]: unknown };

/** An event of one version as it was published, which must stay readable. */
export interface Sample {
  /** Relative to the root, with forward slashes. */
  file: string;
  data: unknown;
  /** Reasons why it is no longer readable, one sentence each; empty if it is readable. */
  faults: string[];
}
