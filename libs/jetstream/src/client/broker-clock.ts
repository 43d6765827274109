import { performance } from 'node:perf_hooks';

/** Milliseconds after which a difference between the clocks is measured again. */
const BELIEVED_FOR_MS = 60_000;

/**
 * Estimates the broker's time from its messages, because a message cannot have been stored in the future. Retries are due by the
 * broker's clock. If this machine's clock is behind, all retries would be due at once. If it is ahead, retries are late by as much.
 */
export class BrokerClock {
  /** Milliseconds that this machine's clock is behind at least. */
  private behind = 0;
  private since = -Infinity;

  constructor(
    private readonly localTime: () => number = Date.now,
    private readonly elapsed: () => number = () => performance.now(),
  ) {}

  /** Must be called for each message. */
  heard(storedAt: Date): void {
    const behind = storedAt.getTime() - this.localTime();
    if (behind <= this.behind && this.elapsed() - this.since < BELIEVED_FOR_MS) return;
    this.behind = Math.max(0, behind);
    this.since = this.elapsed();
  }

  /** @param delay milliseconds from now */
  after(delay: number): Date {
    return new Date(this.localTime() + this.behind + delay);
  }
}
