import { Cleanups } from '../test/crash/cleanups.js';
import { MEBIBYTE } from './rig/units.js';
import type { Figures } from './figures.js';

export interface RoundOptions {
  /** From 1. */
  readonly number: number;
  /** Small counts, and fewer contestants. */
  readonly quick: boolean;
  readonly figures: Figures;
  /** Takes progress, a line at a time. */
  log(this: void, line: string): void;
}

/** One of the repetitions of a run. */
export class Round {
  readonly figures: Figures;
  private memory = 0;
  private readonly cleanups = new Cleanups();

  constructor(private readonly options: RoundOptions) {
    this.figures = options.figures;
  }

  /** The first in the full form, the second in the quick one. */
  scale<Value>(full: Value, quick: Value): Value {
    return this.options.quick ? quick : full;
  }

  /** In another order each round, so that none always comes behind the same other. */
  inTurn<Item>(items: readonly Item[]): Item[] {
    const first = this.options.number % items.length;
    return [...items.slice(first), ...items.slice(0, first)];
  }

  log(line: string): void {
    this.options.log(line);
  }

  /** Of a processor of ours, in bytes: the highest of the round is a figure. */
  noteMemory(rss: number): void {
    this.memory = Math.max(this.memory, rss);
  }

  end(): void {
    if (this.memory > 0) this.figures.add('rss', 'MiB', this.memory / MEBIBYTE);
  }

  /** Has it undone when the case has ended, what came last first. */
  defer(cleanup: () => unknown): void {
    this.cleanups.defer(cleanup);
  }

  cleanUp(): Promise<void> {
    return this.cleanups.run((line) => this.log(line));
  }
}

/** What is measured together, in every round. */
export interface Case {
  readonly name: string;
  run(round: Round): Promise<void>;
}
