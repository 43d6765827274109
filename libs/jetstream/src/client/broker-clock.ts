import { performance } from 'node:perf_hooks';

/** Time for which a measured difference between the clocks is kept unless a larger difference is measured, in milliseconds. */
const BELIEVED_FOR_MS = 60_000;

/**
 * Estimates the broker's time from the storage times of its messages. A storage time after the local time shows that the local
 * clock is behind. The broker decides by its own clock when a retry is due. Without this estimate, a local clock that is behind
 * would make retries due too early. If the local clock is ahead, retries are late by the difference.
 */
export class BrokerClock {
  /** Lower bound of the time by which this machine's clock is behind the broker's clock, in milliseconds. */
  private behind = 0;
  private since = -Infinity;

  constructor(
    private readonly localTime: () => number = Date.now,
    private readonly elapsed: () => number = () => performance.now(),
  ) {}

  /** Must be called with the storage time of each message. */
  heard(storedAt: Date): void {
    const behind = storedAt.getTime() - this.localTime();
    if (behind <= this.behind && this.elapsed() - this.since < BELIEVED_FOR_MS) return;
    this.behind = Math.max(0, behind);
    this.since = this.elapsed();
  }

  /** Returns the estimated time of the broker after `delay` ms. */
  after(delay: number): Date {
    return new Date(this.localTime() + this.behind + delay);
  }
}
