import { backoffFaults } from './backoff.js';
import { assertEventClass, type EventClass } from '../contract/event-class.js';
import { isProcessorName } from '../wire/names.js';
import { fault, isWithin, shown, timeFault } from '../options.js';
import { pauseFaults } from '../circuit-breaker/circuit-breaker.js';

const MOST_ATTEMPTS = 1_000;
const MOST_AT_ONCE = 10_000;

/**
 * Returns one sentence for each fault of a declaration.
 *
 * @param options options of any types, because callers in JavaScript may pass anything. All defaults are filled in, except the
 * defaults within `backoff` and `pause`.
 */
export function declarationFaults(consumes: EventClass, options: Record<string, unknown>): string[] {
  const { processor, formerly, publishes, concurrency, attempts, backoff, jitter } = options;
  const { retryOn, unrecoverable, pause, outage, ackWait } = options;
  return [
    ...eventFault(consumes),
    ...fault(
      typeof processor !== 'string' || !isProcessorName(processor),
      `the name must be kebab-case, at most 64 characters, found ${shown(processor)}`,
    ),
    ...formerlyFaults(formerly, processor),
    ...publishesFaults(publishes),
    ...countFault('concurrency', concurrency, MOST_AT_ONCE),
    ...countFault('attempts', attempts, MOST_ATTEMPTS),
    ...backoffFaults(backoff),
    ...fault(!isWithin(jitter, 0, 1), `jitter must be from 0 to 1, found ${shown(jitter)}`),
    ...retryFaults(retryOn, unrecoverable),
    ...pauseFaults(pause),
    ...fault(
      typeof outage !== 'function',
      `outage must be a function that returns true for an outage, found ${shown(outage)}`,
    ),
    ...timeFault('ackWait', ackWait, 1_000),
  ];
}

export function eventFault(type: unknown): string[] {
  try {
    assertEventClass(type as EventClass);
    return [];
  } catch (error) {
    return [(error as Error).message.replace(/\.$/, '')];
  }
}

function formerlyFaults(formerly: unknown, processor: unknown): string[] {
  const isName = (name: unknown) => typeof name === 'string' && isProcessorName(name) && name !== processor;
  const isSound =
    Array.isArray(formerly) && formerly.every(isName) && new Set(formerly).size === formerly.length;
  return fault(!isSound, `formerly must list other names that the processor had, found ${shown(formerly)}`);
}

function publishesFaults(publishes: unknown): string[] {
  if (!Array.isArray(publishes))
    return [`publishes must be a list of event classes, found ${shown(publishes)}`];
  return publishes.flatMap(eventFault);
}

function countFault(name: string, value: unknown, most: number): string[] {
  return fault(
    !(Number.isInteger(value) && isWithin(value, 1, most)),
    `${name} must be a whole number from 1 to ${most.toLocaleString('en')}, found ${shown(value)}`,
  );
}

function retryFaults(retryOn: unknown, unrecoverable: unknown): string[] {
  const faults = [...classesFault('retryOn', retryOn), ...classesFault('unrecoverable', unrecoverable)];
  if (faults.length > 0) return faults;
  const [retried, dropped] = [retryOn, unrecoverable] as { name: string }[][];
  const both = retried!.filter((type) => dropped!.includes(type)).map(({ name }) => name);
  return [
    ...fault(retried!.length === 0, 'retryOn lists no error; set attempts to 1 to retry nothing'),
    ...fault(both.length > 0, `${both.join(', ')} cannot be both under retryOn and unrecoverable`),
  ];
}

function classesFault(name: string, value: unknown): string[] {
  const isClass = (type: unknown) => typeof type === 'function' && typeof type.prototype === 'object';
  // A class from a circular import is still undefined here.
  return fault(
    !(Array.isArray(value) && value.every(isClass)),
    `${name} must be a list of error classes, found ${shown(value)}`,
  );
}
