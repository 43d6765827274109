import { Cleanups } from '../test/crash/cleanups.js';
import { MEBIBYTE } from './rig/units.js';
import type { Figures } from './figures.js';

export interface RoundOptions {
  /** Starts at 1. */
  readonly number: number;
  /** True for small counts and fewer contestants. */
  readonly quick: boolean;
  readonly figures: Figures;
  /** Receives progress, line by line. */
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

  /** Chooses between the full and the quick form. */
  scale<Value>(full: Value, quick: Value): Value {
    return this.options.quick ? quick : full;
  }

  /** Rotates the order in each round, so that no item always follows the same other. */
  inTurn<Item>(items: readonly Item[]): Item[] {
    const first = this.options.number % items.length;
    return [...items.slice(first), ...items.slice(0, first)];
  }

  log(line: string): void {
    this.options.log(line);
  }

  /** Notes the memory of one of our processors in bytes. The highest of the round is a figure. */
  noteMemory(rss: number): void {
    this.memory = Math.max(this.memory, rss);
  }

  end(): void {
    if (this.memory > 0) this.figures.add('rss', 'MiB', this.memory / MEBIBYTE);
  }

  /** Runs a cleanup when the case has ended, in reverse order. */
  defer(cleanup: () => unknown): void {
    this.cleanups.defer(cleanup);
  }

  cleanUp(): Promise<void> {
    return this.cleanups.run((line) => this.log(line));
  }
}

/** A measurement of every round. */
export interface Case {
  readonly name: string;
  run(round: Round): Promise<void>;
}
