import type { Logger } from '@nestjs/common';

const MINUTE_MS = 60_000;
/**
 * Maximum number of pairs of a result and an error class that are counted separately. The number is limited, because an error can
 * have any name.
 */
const MAX_CLASSES = 100;
const OTHERS = 'other errors';

export type Level = 'warn' | 'error';

export interface LoggedFailure {
  level: Level;
  /** Result for the event, such as `dead-lettered`. Each result is counted separately. */
  what: string;
  /** Class name of the error. */
  name: string;
  /** Text that identifies the event and its flow. */
  event: string;
}

/** Failures with the same result and the same error class since their last line in the log. */
interface Counted extends LoggedFailure {
  more: number;
  since: number;
  timer: NodeJS.Timeout;
}

/**
 * Logs failures so that a storm of failures produces one line a minute, not several lines for each event. The first failure of a
 * class is logged in full. Further failures of the class are counted, and each minute one line reports their number. Every
 * dead-lettered event is also recorded in the stream of failures.
 */
export class GroupedLog {
  private readonly counted = new Map<string, Counted>();

  constructor(private readonly logger: Pick<Logger, Level>) {}

  /**
   * Logs a failure in full, or only counts it.
   *
   * @param line returns the full line; called only if the failure is logged in full
   */
  report(failure: LoggedFailure, line: () => string): void {
    const [key, entry] = this.entryOf(failure);
    const counted = this.counted.get(key);
    if (counted) {
      counted.more += 1;
      counted.event = entry.event;
      return;
    }
    this.begin(key, entry);
    this.logger[entry.level](line());
  }

  /** Logs the counts so far. */
  end(): void {
    for (const counted of this.counted.values()) {
      clearTimeout(counted.timer);
      const seconds = Math.max(1, Math.round((Date.now() - counted.since) / 1_000));
      this.reportCount(counted, `${seconds} s`);
    }
    this.counted.clear();
  }

  private entryOf(failure: LoggedFailure): [string, LoggedFailure] {
    const key = `${failure.what} ${failure.name}`;
    if (this.counted.size < MAX_CLASSES || this.counted.has(key)) return [key, failure];
    return [`${failure.what} ${OTHERS}`, { ...failure, name: OTHERS }];
  }

  private begin(key: string, failure: LoggedFailure): void {
    const timer = setTimeout(() => this.endMinute(key), MINUTE_MS).unref();
    this.counted.set(key, { ...failure, more: 0, since: Date.now(), timer });
  }

  private endMinute(key: string): void {
    const counted = this.counted.get(key)!;
    this.counted.delete(key);
    if (counted.more === 0) return;
    this.begin(key, counted);
    this.reportCount(counted, 'minute');
  }

  private reportCount({ level, what, name, event, more }: Counted, time: string): void {
    if (more === 0) return;
    const count = more.toLocaleString('en');
    try {
      this.logger[level](`${name}: and ${count} more ${what} in the last ${time}, the last of them ${event}`);
    } catch {
      // A logger of the application may throw, and a timer has no caller to handle the error.
    }
  }
}
