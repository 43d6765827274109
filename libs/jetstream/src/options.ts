import { inspect } from 'node:util';

/** Longest delay of a Node timer, in milliseconds. A longer timer fires immediately. */
export const LONGEST_TIME = 2 ** 31 - 1;

/** Returns the options that are not `undefined`, because `undefined` means the default. */
export function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

export function fault(broken: boolean, message: string): string[] {
  return broken ? [message] : [];
}

/** Returns a fault for each option that does not exist, for instance because its name is misspelled. */
export function unknownFaults(prefix: string, options: object, known: object): string[] {
  return Object.keys(options)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `there is no option ${prefix}${name}, but there are ${Object.keys(known).join(', ')}`);
}

/** Returns the fault of an option in milliseconds, as a list of at most one sentence. */
export function timeFault(name: string, value: unknown, least = 1): string[] {
  const bounds = [least, LONGEST_TIME].map((bound) => bound.toLocaleString('en'));
  return fault(
    !isWithin(value, least, LONGEST_TIME),
    `${name} must be from ${bounds.join(' to ')} ms, found ${shown(value)}`,
  );
}

export function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

export function isOptions(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity });
}
