import { performance } from 'node:perf_hooks';

/** Milliseconds for which a difference between the clocks is believed. */
const BELIEVED_FOR = 60_000;

/**
 * The broker's time, as far as its messages tell of it: a message cannot have been stored in the future. Retries are due by the
 * broker's clock; where this machine's is behind it, all of them would be due at once. Where it is ahead they are late by as much.
 */
export class BrokerClock {
  /** Milliseconds that this machine's clock is behind, at least. */
  private behind = 0;
  private since = -Infinity;

  constructor(
    private readonly localTime: () => number = Date.now,
    private readonly elapsed: () => number = () => performance.now(),
  ) {}

  /** To be called with every message. */
  heard(storedAt: Date): void {
    const behind = storedAt.getTime() - this.localTime();
    if (behind <= this.behind && this.elapsed() - this.since < BELIEVED_FOR) return;
    this.behind = Math.max(0, behind);
    this.since = this.elapsed();
  }

  /** @param delay milliseconds from now */
  after(delay: number): Date {
    return new Date(this.localTime() + this.behind + delay);
  }
}
