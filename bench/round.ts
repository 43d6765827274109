import { Cleanups } from '../test/crash/cleanups.js';
import { MEBIBYTE } from './rig/units.js';
import type { Figures } from './figures.js';

export interface RoundOptions {
  /** Number of the round, starting at 1. */
  readonly number: number;
  /** True for smaller counts and fewer contestants. */
  readonly quick: boolean;
  readonly figures: Figures;
  /** Receives a line of progress. */
  log(this: void, line: string): void;
}

/** One repetition of all cases. */
export class Round {
  readonly figures: Figures;
  private memory = 0;
  private readonly cleanups = new Cleanups();

  constructor(private readonly options: RoundOptions) {
    this.figures = options.figures;
  }

  /** Returns the first value in a full round, and the second value in a quick round. */
  scale<Value>(full: Value, quick: Value): Value {
    return this.options.quick ? quick : full;
  }

  /** Returns the items, rotated by one more position in each round. Each round therefore begins with a different item. */
  inTurn<Item>(items: readonly Item[]): Item[] {
    const first = this.options.number % items.length;
    return [...items.slice(first), ...items.slice(0, first)];
  }

  log(line: string): void {
    this.options.log(line);
  }

  /** Records the memory use of one of Cascade's processors, in bytes. The highest value of the round becomes a figure. */
  noteMemory(rss: number): void {
    this.memory = Math.max(this.memory, rss);
  }

  end(): void {
    if (this.memory > 0) this.figures.add('rss', 'MiB', this.memory / MEBIBYTE);
  }

  /** Registers a cleanup for the end of the case. Cleanups run in reverse order. */
  defer(cleanup: () => unknown): void {
    this.cleanups.defer(cleanup);
  }

  cleanUp(): Promise<void> {
    return this.cleanups.run((line) => this.log(line));
  }
}

/** A measurement that each round repeats. */
export interface Case {
  readonly name: string;
  run(round: Round): Promise<void>;
}
