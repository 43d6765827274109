import { type Backoff, delaysOf } from './backoff.js';
import { declarationFaults } from './declaration-faults.js';
import { InvalidDeclarationError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import { shown, unknownFaults, withoutUndefined } from '../options.js';
import { pausePolicyOf, type PausePolicy } from '../circuit-breaker/circuit-breaker.js';

/** A class of errors, which may be abstract. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** How one processor consumes, publishes and fails: the second argument of `@Consumes`. */
export interface ProcessorOptions {
  /** Kebab-case and unique in the system. It names the durable consumer that the processor's replicas share. */
  processor: string;
  /**
   * Former names of the processor, the oldest first. The processor keeps its place in the stream, its marks in the inbox, and the
   * ids of its events. So nothing is handled or published twice. Default none.
   */
  formerly?: readonly string[];
  /** Every event that the handler may return. Default none. */
  publishes?: readonly EventClass[];
  /**
   * Events that one replica handles at the same time, at most 10,000. Default 64. More helps handlers that wait for a network or a
   * database. It does not help handlers that compute.
   */
  concurrency?: number;
  /** Attempts before the event is dead-lettered, at most 1,000. Default 5; 1 never retries. */
  attempts?: number;
  /** Delays between attempts. By default they grow from 1 s to 5 min over the default attempts. */
  backoff?: Backoff;
  /** Fraction of each delay, 0 to 1, by which the delay is made shorter or longer at random. Default 0.2. */
  jitter?: number;
  /** Errors that are retried, their subclasses included. Any other error is dead-lettered at once. Default: all errors. */
  retryOn?: readonly ErrorClass[];
  /** Errors that are dead-lettered at once, beside {@link UnrecoverableError}; their subclasses too. Default none. */
  unrecoverable?: readonly ErrorClass[];
  /**
   * When the processor stops taking events because nearly everything fails, for instance because a provider is down. By default it
   * pauses after 20 different events failed within 30 s without a success, and resumes when a probe succeeds. `false` never pauses.
   */
  pause?: Partial<PausePolicy> | false;
  /**
   * Returns true for an outage: an error that every event would meet now, for instance because a database is down. The processor
   * pauses at the first outage, and the event uses up no attempt. An outage counts as a failure if `pause` is false, or if other
   * events succeeded since the event last met one. If this function throws, it counts as false. Default: false.
   */
  outage?: (error: unknown) => boolean;
  /**
   * Milliseconds after which the broker gives an event to another replica if this one has died, from 1,000. Default 30,000.
   * A handler may run longer: the transport tells the broker that the handler still works.
   */
  ackWait?: number;
}

/** The stream and subject of the events that a processor consumes. */
export interface Channel {
  stream: string;
  subject: string;
  /** The processor that failed, and the event on which it failed; undefined for an event channel. */
  failuresOf?: { processor: string; event: EventClass };
}

/** A processor as declared, with its defaults. */
export interface ProcessorDeclaration extends Required<Omit<ProcessorOptions, 'backoff' | 'pause'>> {
  consumes: EventClass;
  channel: Channel;
  /** Its first name, from which ids and marks are made, so that a rename does not change them. */
  identity: string;
  /** Milliseconds after each attempt except the last. */
  delays: readonly number[];
  /** Undefined if the processor never pauses. */
  pause: PausePolicy | undefined;
}

const DEFAULTS = {
  formerly: [],
  publishes: [],
  concurrency: 64,
  attempts: 5,
  backoff: {},
  jitter: 0.2,
  retryOn: [Error],
  unrecoverable: [],
  pause: {},
  outage: () => false,
  ackWait: 30_000,
};

/**
 * @param faults further faults to report
 * @throws InvalidDeclarationError listing every fault
 */
export function declareProcessor(
  consumes: EventClass,
  channel: Channel,
  options: ProcessorOptions,
  faults: readonly string[] = [],
): ProcessorDeclaration {
  const given = { ...DEFAULTS, ...withoutUndefined(Object(options) as ProcessorOptions) };
  const all = [
    ...faults,
    ...declarationFaults(consumes, given),
    ...unknownFaults('', given, { processor: undefined, ...DEFAULTS }),
  ];
  if (all.length > 0) {
    throw new InvalidDeclarationError(`Processor ${shown(given.processor)}: ${all.join('; ')}.`);
  }
  const { backoff, pause, ...rest } = given;
  return {
    consumes,
    channel,
    ...rest,
    identity: given.formerly[0] ?? given.processor,
    pause: pausePolicyOf(pause),
    delays: delaysOf(backoff, given.attempts),
  };
}

/**
 * Two processors with one name would each get a part of the events. With one former name they would make the same ids and marks.
 * The broker would then drop events of one as duplicates of the other's events.
 *
 * @throws InvalidDeclarationError if they share a name or a former name
 */
export function assertDistinct(one: ProcessorDeclaration, other: ProcessorDeclaration): void {
  const names = [other.processor, ...other.formerly];
  const shared = [one.processor, ...one.formerly].find((name) => names.includes(name));
  if (shared === undefined) return;
  throw new InvalidDeclarationError(
    `Processors '${one.processor}' and '${other.processor}' both have or had the name '${shared}', so events of one of them would ` +
      'be lost. Give each a name that no other processor has or had.',
  );
}
