import { type Backoff, delaysOf } from './backoff.js';
import { declarationFaults } from './declaration-faults.js';
import { InvalidDeclarationError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import { shown, withoutUndefined } from '../options.js';
import { pausePolicyOf, type PausePolicy } from '../circuit-breaker/circuit-breaker.js';

/** A class of errors; abstract ones too. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** How one processor consumes, publishes and fails: the second argument of `@Consumes`. */
export interface ProcessorOptions {
  /** Unique in the system, kebab-case; names the durable consumer that the processor's replicas share. */
  processor: string;
  /**
   * Former names of the processor, the oldest first. It takes over what it had under them: its place in the stream, its marks in
   * the inbox and the ids of what it publishes, so that nothing is handled or published twice. Default none.
   */
  formerly?: readonly string[];
  /** Every event that the handler may return. Default none. */
  publishes?: readonly EventClass[];
  /**
   * Events that one replica handles at the same time, at most 10,000. Default 64. More hides waiting (network, database); a handler
   * that computes gains nothing from it.
   */
  concurrency?: number;
  /** Attempts before the event is dead-lettered, at most 1,000. Default 5; 1 never retries. */
  attempts?: number;
  /** Default growing from 1 s to 5 min over the default attempts. */
  backoff?: Backoff;
  /** Part of each delay, 0 to 1, by which it is made shorter or longer at random. Default 0.2. */
  jitter?: number;
  /** The only errors that are tried again; any other is dead-lettered at once. Subclasses count. Default: all errors. */
  retryOn?: readonly ErrorClass[];
  /** Errors that no retry can mend, beside {@link UnrecoverableError}: dead-lettered at once. Subclasses count. */
  unrecoverable?: readonly ErrorClass[];
  /**
   * When the processor stops taking events because nearly everything fails, such as a provider that is down. Default after
   * 20 different events within 30 s without a success; it probes by itself and goes on. `false` never pauses.
   */
  pause?: Partial<PausePolicy> | false;
  /**
   * Tells the errors that are no fault of the event, and that every other event would meet now too, such as those of a
   * database that is away. The processor pauses at the first of them, and no attempt is used up. Where an event meets one again
   * although others have succeeded since, it is a failure like any other; without pauses all are. Where this function throws,
   * the answer is taken for no. Default: none is.
   */
  outage?: (error: unknown) => boolean;
  /**
   * Milliseconds after which the broker hands an event to another replica when this one has died, from 1,000. Default 30,000.
   * A handler may run longer: the transport tells the broker that it is still working.
   */
  ackWait?: number;
}

/** Where the events that a processor consumes are stored. */
export interface Channel {
  stream: string;
  subject: string;
  /** Whose failures these are, and on which event; undefined for an event channel. */
  failuresOf?: { processor: string; event: EventClass };
}

/** A processor as declared, every default filled in. */
export interface ProcessorDeclaration {
  consumes: EventClass;
  channel: Channel;
  processor: string;
  formerly: readonly string[];
  /** Its first name: what ids and marks are made with, so that they stay the same when it is renamed. */
  identity: string;
  publishes: readonly EventClass[];
  concurrency: number;
  attempts: number;
  /** Milliseconds after each attempt but the last. */
  delays: readonly number[];
  jitter: number;
  retryOn: readonly ErrorClass[];
  unrecoverable: readonly ErrorClass[];
  outage: (error: unknown) => boolean;
  ackWait: number;
  /** None where it never pauses. */
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
 * @param faults what was found to be wrong before
 * @throws InvalidDeclarationError listing everything that cannot work
 */
export function declareProcessor(
  consumes: EventClass,
  channel: Channel,
  options: ProcessorOptions,
  faults: readonly string[] = [],
): ProcessorDeclaration {
  const given = { ...DEFAULTS, ...withoutUndefined(Object(options) as ProcessorOptions) };
  const all = [...faults, ...declarationFaults(consumes, given)];
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
 * Of two processors with one name, each gets a part of the events. With one former name they make the same ids and marks, so that
 * what one publishes is taken for a repetition of what the other has published.
 *
 * @throws InvalidDeclarationError if they share a name or a former name
 */
export function assertDistinct(one: ProcessorDeclaration, other: ProcessorDeclaration): void {
  const names = [other.processor, ...other.formerly];
  const shared = [one.processor, ...one.formerly].find((name) => names.includes(name));
  if (shared === undefined) return;
  throw new InvalidDeclarationError(
    `Processors '${one.processor}' and '${other.processor}' both have the name '${shared}', or had it. Events of one of them would ` +
      'be lost. Give each a name that no other has or had.',
  );
}
