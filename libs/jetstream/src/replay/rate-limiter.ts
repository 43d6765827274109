/** Milliseconds of a delay that are made up for: enough for late timers, without a noticeable burst. */
const CATCH_UP = 100;

/** Spreads work over time: at most `rate` items a second, also after a stall. */
export class RateLimiter {
  /** @param next time of the next item, in milliseconds of any clock */
  constructor(
    private readonly rate: number,
    private next: number,
  ) {}

  /** Milliseconds to wait before the next item, after an item at `now`. */
  delayAfter(now: number): number {
    this.next = Math.max(this.next, now - CATCH_UP) + 1_000 / this.rate;
    return Math.max(0, this.next - now);
  }
}
