import type { Logger } from '@nestjs/common';

const MINUTE = 60_000;
/** Classes of errors that are told apart at once: an error may name itself as it likes. */
const MOST_CLASSES = 100;
const OTHERS = 'other errors';

export type Level = 'warn' | 'error';

/** A failure of one event. */
export interface ToldFailure {
  level: Level;
  /** What became of the event, such as `dead-lettered`: told apart, as classes are. */
  what: string;
  /** Class of the error. */
  name: string;
  /** Which event, of which flow. */
  event: string;
}

/** Failures of one class since the one that was told whole, or since a line told their number. */
interface Counted extends ToldFailure {
  more: number;
  since: number;
  timer: NodeJS.Timeout;
}

/**
 * Tells of failures so that a storm of them leaves a line a minute, and not four of each event: the first of a class whole, then how
 * many more there were. All of them are in the stream of failures, or will be.
 */
export class GroupedLog {
  private readonly counted = new Map<string, Counted>();

  constructor(private readonly logger: Pick<Logger, Level>) {}

  /** @param line words the failure whole; asked for only where it is told */
  tell(failure: ToldFailure, line: () => string): void {
    const [key, told] = this.entryOf(failure);
    const counted = this.counted.get(key);
    if (counted) {
      counted.more += 1;
      counted.event = told.event;
      return;
    }
    this.begin(key, told);
    this.logger[told.level](line());
  }

  /** Tells what was counted so far. */
  end(): void {
    for (const counted of this.counted.values()) {
      clearTimeout(counted.timer);
      const seconds = Math.max(1, Math.round((Date.now() - counted.since) / 1_000));
      this.tellMore(counted, `${seconds} s`);
    }
    this.counted.clear();
  }

  private entryOf(failure: ToldFailure): [string, ToldFailure] {
    const key = `${failure.what} ${failure.name}`;
    if (this.counted.size < MOST_CLASSES || this.counted.has(key)) return [key, failure];
    return [`${failure.what} ${OTHERS}`, { ...failure, name: OTHERS }];
  }

  private begin(key: string, failure: ToldFailure): void {
    const timer = setTimeout(() => this.endMinute(key), MINUTE).unref();
    this.counted.set(key, { ...failure, more: 0, since: Date.now(), timer });
  }

  private endMinute(key: string): void {
    const counted = this.counted.get(key)!;
    this.counted.delete(key);
    if (counted.more === 0) return;
    this.begin(key, counted);
    this.tellMore(counted, 'minute');
  }

  private tellMore({ level, what, name, event, more }: Counted, time: string): void {
    if (more === 0) return;
    const count = more.toLocaleString('en');
    try {
      this.logger[level](`${name}: and ${count} more ${what} in the last ${time}, the last of them ${event}`);
    } catch {
      // A logger of the user's may throw, and here nobody could take it.
    }
  }
}
