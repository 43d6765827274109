import { isDeepStrictEqual } from 'node:util';
import { Cleanups } from './cleanups.js';
import { Random } from './random.js';

export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
}

export interface TrialOptions {
  readonly name: string;
  readonly seed: number;
  /**
   * True for small counts, as in `npm test`. Several scenarios then run in parallel, so ratios of times are shown but not
   * checked.
   */
  readonly short: boolean;
  /** Receives a line of progress. */
  log(this: void, line: string): void;
}

/** A run of a scenario, with its figures and checks. */
export class Trial {
  readonly random: Random;
  readonly short: boolean;
  readonly checks: Check[] = [];
  readonly figures: string[] = [];
  /** Description of what the scenario does to the system, with counts. */
  done = '';
  private readonly cleanups = new Cleanups();

  constructor(private readonly options: TrialOptions) {
    this.random = new Random(options.seed, options.name);
    this.short = options.short;
  }

  get ok(): boolean {
    return this.checks.every(({ ok }) => ok);
  }

  /** Returns the first value in the full form, and the second value in the short form. */
  scale<Value>(full: Value, short: Value): Value {
    return this.short ? short : full;
  }

  log(line: string): void {
    this.options.log(`${this.options.name}: ${line}`);
  }

  figure(text: string): void {
    this.figures.push(text);
  }

  expectEqual(what: string, seen: unknown, expected: unknown): void {
    const ok = isDeepStrictEqual(seen, expected);
    this.checks.push({ what, expected: JSON.stringify(expected), seen: JSON.stringify(seen), ok });
  }

  expectAtMost(what: string, seen: number, limit: number, unit = ''): void {
    const [expected, shown] = [`at most ${round(limit)}${unit}`, `${round(seen)}${unit}`];
    this.checks.push({ what, expected, seen: shown, ok: seen <= limit });
  }

  expectAtLeast(what: string, seen: number, limit: number, unit = ''): void {
    const [expected, shown] = [`at least ${round(limit)}${unit}`, `${round(seen)}${unit}`];
    this.checks.push({ what, expected, seen: shown, ok: seen >= limit });
  }

  /** Registers a cleanup for the end of the scenario. Cleanups run in reverse order. */
  defer(cleanup: () => unknown): void {
    this.cleanups.defer(cleanup);
  }

  cleanUp(): Promise<void> {
    return this.cleanups.run((line) => this.log(line));
  }
}

export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
