import { type Backoff, delaysOf } from './backoff.js';
import { declarationFaults } from './declaration-faults.js';
import { InvalidDeclarationError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import { shown, unknownFaults, withoutUndefined } from '../options.js';
import { pausePolicyOf, type PausePolicy } from '../circuit-breaker/circuit-breaker.js';

/** A class of errors, which may be abstract. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Options of one processor, passed as the second argument of `@Consumes`. */
export interface ProcessorOptions {
  /**
   * Name of the processor, in kebab-case and unique in the system. The durable consumer that the processor's replicas share has
   * the same name.
   */
  processor: string;
  /**
   * Former names of the processor, oldest first. After a rename, the processor keeps its place in the stream, its inbox marks,
   * and the ids of its next events. So no event is handled or published twice. Default: no names.
   */
  formerly?: readonly string[];
  /** Classes of all events that the handler may return. Default: no classes. */
  publishes?: readonly EventClass[];
  /**
   * Number of events that one replica handles at the same time. Default 64, maximum 10,000. A higher number helps handlers that
   * wait for a network or a database. A higher number does not help handlers that spend their time computing.
   */
  concurrency?: number;
  /** Number of attempts before an event is dead-lettered. Default 5, maximum 1,000. With 1, events are never retried. */
  attempts?: number;
  /** Delays between attempts. By default, the delays of five attempts grow from 1 s to 5 min. */
  backoff?: Backoff;
  /** Fraction of each delay, between 0 and 1, by which the delay is shortened or lengthened at random. Default 0.2. */
  jitter?: number;
  /**
   * Error classes, including subclasses, after which the event is retried. After any other error, the event is dead-lettered
   * immediately. After a thrown value that is not an `Error`, the event is retried too. Default: all errors.
   */
  retryOn?: readonly ErrorClass[];
  /**
   * Error classes, including subclasses, after which the event is dead-lettered immediately, in addition to {@link
   * UnrecoverableError}. Default: no classes.
   */
  unrecoverable?: readonly ErrorClass[];
  /**
   * Settings for pauses after a run of failures. During a pause, the processor takes only probes. By default, the processor
   * pauses after 20 different events have failed within 30 s without a success. The processor resumes when a probe succeeds. With
   * `false`, the processor never pauses.
   */
  pause?: Partial<PausePolicy> | false;
  /**
   * Returns true for an error that would currently affect every event. Such an error is an outage. For instance, a database is
   * down. The processor pauses on the first outage, and the attempt of the event does not count. The attempt counts only if the
   * event has already failed because of an outage, and other events have succeeded since. If this function throws, the error does
   * not count as an outage. This function is not called if `pause` is false. By default, no error is an outage.
   */
  outage?: (error: unknown) => boolean;
  /**
   * Time after which the broker delivers an event to another replica if this replica has died, in milliseconds. Default 30,000,
   * minimum 1,000. A handler may run longer, because the transport reports to the broker that the handler is still working.
   */
  ackWait?: number;
}

/** Stream and subject of the events that a processor consumes. */
export interface Channel {
  stream: string;
  subject: string;
  /** Processor whose failures are consumed, and the class of the events that failed; undefined for an event channel. */
  failuresOf?: { processor: string; event: EventClass };
}

/** Declaration of a processor, with its defaults filled in. */
export interface ProcessorDeclaration extends Required<Omit<ProcessorOptions, 'backoff' | 'pause'>> {
  consumes: EventClass;
  channel: Channel;
  /** First name of the processor. Ids and inbox marks are derived from this name, so they stay the same after a rename. */
  identity: string;
  /** Delay after each attempt except the last, in milliseconds. */
  delays: readonly number[];
  /** Pause policy; undefined if the processor never pauses. */
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
 * Returns the declaration of a processor, with its defaults filled in.
 *
 * @param faults further faults to report
 * @throws InvalidDeclarationError that lists every fault
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
 * Checks that two processors share no present or former name. Two processors with the same name would each get only a part of the
 * events. Two processors with the same former name would derive the same ids and marks. The broker would then drop events of one
 * processor as duplicates of the other processor's events.
 *
 * @throws InvalidDeclarationError if the processors share a name
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
