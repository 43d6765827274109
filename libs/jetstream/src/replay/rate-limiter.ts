/**
 * Maximum delay that is made up for, in milliseconds. The value is large enough for late timers, and small enough to avoid a
 * noticeable burst.
 */
const CATCH_UP = 100;

/** Spreads work over time, with about `rate` items a second. After a stall, the rate stays nearly the same. */
export class RateLimiter {
  /** @param next time of the next item, in milliseconds of any clock */
  constructor(
    private readonly rate: number,
    private next: number,
  ) {}

  /** Returns the time to wait before the next item after an item at `now`, in milliseconds. */
  delayAfter(now: number): number {
    this.next = Math.max(this.next, now - CATCH_UP) + 1_000 / this.rate;
    return Math.max(0, this.next - now);
  }
}
