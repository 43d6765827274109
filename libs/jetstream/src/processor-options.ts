import { type Backoff, backoffFaults, delaysOf } from './backoff.js';
import { InvalidDeclarationError } from './errors.js';
import { assertEventClass, type EventClass } from './event-class.js';
import { isProcessorName } from './names.js';
import { pauseFaults, pausePolicyOf, type PausePolicy } from './processor-pause.js';

/** A class of errors; abstract ones too. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** How one processor consumes, publishes and fails: the second argument of `@Consumes`. */
export interface ProcessorOptions {
  /** Unique in the system, kebab-case; names the durable consumer that the processor's replicas share. */
  processor: string;
  /** Every event that the handler may return. Default none. */
  publishes?: readonly EventClass[];
  /**
   * Events that one replica handles at the same time. Default 64. More hides waiting (network, database); a handler
   * that computes gains nothing from it.
   */
  concurrency?: number;
  /** Attempts before the event is dead-lettered. Default 5; 1 never retries. */
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
   * Milliseconds after which the broker hands an event to another replica when this one has died. Default 30,000.
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

const DEFAULTS = { concurrency: 64, attempts: 5, ackWait: 30_000, jitter: 0.2 };

/** @throws InvalidDeclarationError listing everything that cannot work */
export function declareProcessor(
  consumes: EventClass,
  channel: Channel,
  options: ProcessorOptions,
): ProcessorDeclaration {
  const { backoff = {}, pause, ...rest } = options;
  const declaration: ProcessorDeclaration = {
    consumes,
    channel,
    publishes: [],
    retryOn: [Error],
    unrecoverable: [],
    outage: () => false,
    ...DEFAULTS,
    ...withoutUndefined(rest),
    pause: pausePolicyOf(pause),
    delays: delaysOf(backoff, options.attempts ?? DEFAULTS.attempts),
  };
  const faults = [...faultsOf(declaration), ...backoffFaults(backoff), ...pauseFaults(declaration.pause)];
  if (faults.length > 0) {
    throw new InvalidDeclarationError(
      `Processor ${JSON.stringify(options.processor)}: ${faults.join('; ')}.`,
    );
  }
  return declaration;
}

function faultsOf(declaration: ProcessorDeclaration): string[] {
  const { consumes, publishes, processor, concurrency, attempts, ackWait, jitter, retryOn, unrecoverable } =
    declaration;
  const both = retryOn.filter((type) => unrecoverable.includes(type)).map((type) => type.name);
  return [
    ...[consumes, ...publishes].flatMap(eventFault),
    ...fault(!isProcessorName(processor), 'the name must be kebab-case, at most 64 characters'),
    ...fault(!isCount(concurrency), `concurrency must be a whole number from 1, found ${concurrency}`),
    ...fault(!isCount(attempts), `attempts must be a whole number from 1, found ${attempts}`),
    ...fault(!(ackWait >= 1_000), `ackWait must be 1,000 ms or more, found ${ackWait}`),
    ...fault(!(jitter >= 0 && jitter <= 1), `jitter must be from 0 to 1, found ${jitter}`),
    ...fault(retryOn.length === 0, 'retryOn lists no error; to try nothing again set attempts to 1'),
    ...fault(both.length > 0, `${both.join(', ')} cannot be both under retryOn and unrecoverable`),
  ];
}

function eventFault(type: EventClass): string[] {
  try {
    assertEventClass(type);
    return [];
  } catch (error) {
    return [(error as Error).message.replace(/\.$/, '')];
  }
}

function fault(broken: boolean, message: string): string[] {
  return broken ? [message] : [];
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** An option that is given as `undefined` means its default, as one that is left out does. */
function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
