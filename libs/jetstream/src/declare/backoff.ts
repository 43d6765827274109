import { fault, isOptions, isWithin, shown, timeFault, unknownFaults, withoutUndefined } from '../options.js';

/**
 * Delays between attempts, in milliseconds. Each delay must be between 1 ms and 24 days. A number is used for every delay. A list
 * is used in order, and its last delay repeats. An object describes delays that grow: `initial × factor^(n − 1)`, up to `max`.
 */
export type Backoff = number | readonly number[] | Partial<ExponentialBackoff>;

export interface ExponentialBackoff {
  /** Delay after the first failed attempt, in milliseconds. Default 1,000. */
  initial: number;
  /** Factor between one delay and the next. Default 7, so that five attempts have the delays 1 s, 7 s, 49 s and 5 min. */
  factor: number;
  /** Maximum delay, in milliseconds. Default 300,000 (5 min). */
  max: number;
}

const DEFAULTS: ExponentialBackoff = { initial: 1_000, factor: 7, max: 300_000 };

/** Returns the delay after each attempt except the last, without jitter. */
export function delaysOf(backoff: Backoff, attempts: number): number[] {
  const list = typeof backoff === 'number' ? [backoff] : backoff;
  return Array.from({ length: Math.max(0, attempts - 1) }, (_, index) =>
    isList(list)
      ? list[Math.min(index, list.length - 1)]!
      : growing({ ...DEFAULTS, ...withoutUndefined(list) }, index),
  );
}

/** Returns one sentence for each fault of a backoff. */
export function backoffFaults(backoff: unknown): string[] {
  if (typeof backoff === 'number') return timeFault('backoff', backoff);
  if (Array.isArray(backoff)) {
    return [
      ...fault(backoff.length === 0, 'backoff lists no delay'),
      ...backoff.flatMap((delay, index) => timeFault(`backoff[${index}]`, delay)),
    ];
  }
  if (!isOptions(backoff)) {
    return [
      `backoff must be a number of milliseconds, a list of such numbers, or { initial, factor, max }, found ${shown(backoff)}`,
    ];
  }
  const { initial, factor, max } = { ...DEFAULTS, ...withoutUndefined(backoff) };
  const faults = [
    ...unknownFaults('backoff.', backoff, DEFAULTS),
    ...timeFault('backoff.initial', initial),
    ...fault(!isWithin(factor, 1, Infinity), `backoff.factor must be 1 or more, found ${shown(factor)}`),
    ...timeFault('backoff.max', max),
  ];
  const isShort = isWithin(max, -Infinity, Number(initial)) && max !== initial;
  return [
    ...faults,
    ...fault(isShort, `backoff.max (${shown(max)}) must not be below backoff.initial (${shown(initial)})`),
  ];
}

/**
 * Varies a delay at random, so that events that failed together are not retried together. Returns whole milliseconds.
 *
 * @param jitter fraction of the delay by which the result may be shorter or longer
 * @param random random number in [0, 1)
 */
export function withJitter(delay: number, jitter: number, random: number): number {
  return Math.round(delay * (1 - jitter + 2 * jitter * random));
}

function growing({ initial, factor, max }: ExponentialBackoff, index: number): number {
  return Math.min(max, initial * factor ** index);
}

function isList(backoff: Backoff): backoff is readonly number[] {
  return Array.isArray(backoff);
}
