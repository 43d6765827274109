import { InvalidDeclarationError } from './errors.js';
import { assertEventClass, type EventClass } from './event-class.js';
import { isProcessorName } from './names.js';

/** Delay before the next attempt: `initial × factor^(attempt − 1)`, at most `max`, ± 20 % jitter. */
export interface Backoff {
  /** Milliseconds after the first failed attempt. Default 1,000. */
  initial: number;
  /** Default 7: with five attempts 1 s, 7 s, 49 s and 5 min. */
  factor: number;
  /** Milliseconds. Default 300,000 (5 min). */
  max: number;
}

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
  backoff?: Partial<Backoff>;
  /**
   * Milliseconds after which the broker hands an event to another replica when this one has died. Default 30,000.
   * A handler may run longer: the transport tells the broker that it is still working.
   */
  ackWait?: number;
  /** Errors that no retry can mend, beside {@link UnrecoverableError}: dead-lettered at once. Subclasses count. */
  unrecoverable?: readonly (abstract new (...args: never[]) => Error)[];
}

/** A processor as declared, every default filled in. */
export interface ProcessorDeclaration extends Required<Omit<ProcessorOptions, 'backoff'>> {
  consumes: EventClass;
  backoff: Backoff;
}

const DEFAULTS = { concurrency: 64, attempts: 5, ackWait: 30_000 };
const DEFAULT_BACKOFF: Backoff = { initial: 1_000, factor: 7, max: 300_000 };

/** @throws InvalidDeclarationError listing everything that cannot work */
export function declareProcessor(consumes: EventClass, options: ProcessorOptions): ProcessorDeclaration {
  const declaration: ProcessorDeclaration = {
    consumes,
    processor: options.processor,
    publishes: options.publishes ?? [],
    concurrency: options.concurrency ?? DEFAULTS.concurrency,
    attempts: options.attempts ?? DEFAULTS.attempts,
    ackWait: options.ackWait ?? DEFAULTS.ackWait,
    backoff: { ...DEFAULT_BACKOFF, ...options.backoff },
    unrecoverable: options.unrecoverable ?? [],
  };
  const faults = faultsOf(declaration);
  if (faults.length > 0) {
    throw new InvalidDeclarationError(
      `@Consumes of processor ${JSON.stringify(options.processor)}: ${faults.join('; ')}.`,
    );
  }
  return declaration;
}

function faultsOf(declaration: ProcessorDeclaration): string[] {
  const { initial, factor, max } = declaration.backoff;
  return [
    ...[declaration.consumes, ...declaration.publishes].flatMap(eventFault),
    ...fault(!isProcessorName(declaration.processor), 'the name must be kebab-case, at most 64 characters'),
    ...fault(
      !isCount(declaration.concurrency),
      `concurrency must be a whole number from 1, found ${declaration.concurrency}`,
    ),
    ...fault(
      !isCount(declaration.attempts),
      `attempts must be a whole number from 1, found ${declaration.attempts}`,
    ),
    ...fault(
      !(declaration.ackWait >= 1_000),
      `ackWait must be 1,000 ms or more, found ${declaration.ackWait}`,
    ),
    ...fault(
      !(initial > 0 && factor >= 1),
      `backoff needs initial > 0 and factor >= 1, found ${initial} and ${factor}`,
    ),
    ...fault(!(max >= initial), `backoff.max (${max}) must not be below backoff.initial (${initial})`),
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
