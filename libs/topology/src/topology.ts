/**
 * The topology as data: who publishes what, who consumes it, and how it fails, as declared in the code. Plain JSON, and what
 * `node cascade topology --format json` prints.
 *
 * Every list is sorted by name, so that the same code always gives the same text. Delays keep their order.
 */
export interface Topology {
  /** Version of this format. It is raised when a field is removed or changes its meaning; fields may be added at any time. */
  format: 1;
  /** Of the system, from package.json. */
  name: string;
  version: string;
  apps: App[];
  processors: Processor[];
  channels: Channel[];
  /** Every version of every event. */
  contracts: Contract[];
  /** Golden samples of a version that the code does not know, or with a name of another form. */
  straySamples: string[];
}

/** One version of an event. */
export interface EventVersion {
  /** Such as `user.signed-up`. */
  event: string;
  version: number;
}

/** A service: a process that is started, stopped and given rights as a whole. */
export interface App {
  /** Name of its folder under `apps/`, and in nest-cli.json. */
  name: string;
  /** Relative to the root, with forward slashes: `apps/signup`. */
  folder: string;
  /** `ce-source` of what it publishes by itself, and part of its inbox; undefined where it does not use JetStream. */
  source?: string;
  /** Initiating events, as declared in `JetStreamModule.forRoot({ publishes })`. */
  publishes: EventVersion[];
  /** Names of its processors. */
  processors: string[];
  /** The least rights at NATS with which it does all of its work. */
  permissions: Permissions;
}

/** Subjects, NATS wildcards included. */
export interface Permissions {
  publish: string[];
  subscribe: string[];
}

/** One handler of one event type, as declared by `@Consumes` or `@ConsumesFailure`, every default filled in. */
export interface Processor {
  name: string;
  /** Name of the app that it runs in. */
  app: string;
  /** Names that it had before, the oldest first. */
  formerly: string[];
  /** Class and method: `WelcomeProcessor.notify`. */
  handler: string;
  consumes: Consumption;
  publishes: EventVersion[];
  /** Events that one replica handles at the same time. */
  concurrency: number;
  attempts: number;
  /** Milliseconds after each attempt but the last, before jitter. */
  delays: number[];
  /** Part of each delay, 0 to 1, by which it is made shorter or longer at random. */
  jitter: number;
  /** Milliseconds. */
  ackWait: number;
  /** Names of the only error classes that are tried again; undefined where all are. */
  retryOn?: string[];
  /** Names of the error classes that are dead-lettered at once, beside `UnrecoverableError`. */
  unrecoverable: string[];
  /** Undefined where it never pauses. Times in milliseconds. */
  pause?: { failures: number; within: number; firstProbe: number; maxProbe: number };
  /** Where its failure events lie. */
  failureChannel: string;
  /** Its durables. */
  consumers: Consumer[];
}

/** What a processor gets. */
export interface Consumption extends EventVersion {
  /** Subject. */
  channel: string;
  stream: string;
  /** The processor whose failures these are; `event` and `version` are then those of the event that failed. */
  failuresOf?: string;
}

export interface Consumer {
  stream: string;
  durable: string;
  /** Its filter subjects. */
  subjects: string[];
}

/** A subject that carries one event type, in all its versions, or one processor's failures on one event type. */
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

/** `transport` stands for what the transport publishes by itself, such as `processor.paused`. */
export type Publisher = { app: string } | { processor: string } | { transport: true };

/** A version of an event. */
export interface Contract extends EventVersion {
  /** Name of the class. */
  class: string;
  /** Subject; `failed.>` for the event that every failure channel carries. */
  channel: string;
  /** `transport` for those that come with libs/jetstream, `contracts` for those of libs/contracts. */
  origin: 'contracts' | 'transport';
  /** No newer version replaces it. */
  newest: boolean;
  /** The version that its upcaster takes; undefined where it has none. */
  upcastsFrom?: number;
  /** JSON Schema, draft 2020-12. */
  schema: JsonSchema;
  /** The golden samples. */
  samples: Sample[];
}

export type JsonSchema = { [keyword: string]: unknown };

/** A stored event of one version, which must stay readable. */
export interface Sample {
  /** Relative to the root, with forward slashes. */
  file: string;
  data: unknown;
  /** Why it is not readable any more, one sentence each; empty where it is. */
  faults: string[];
}
