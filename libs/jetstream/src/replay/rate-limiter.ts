/** Milliseconds of a stall that are made up for: enough for a timer that is late, and no burst that anybody would feel. */
const CATCH_UP = 100;

/** Spreads work over time: at most `rate` pieces a second, also after a stall. */
export class RateLimiter {
  /** @param next when the next piece may be done, in milliseconds of any clock */
  constructor(
    private readonly rate: number,
    private next: number,
  ) {}

  /** Milliseconds to wait before the next piece, after one was done at `now`. */
  delayAfter(now: number): number {
    this.next = Math.max(this.next, now - CATCH_UP) + 1_000 / this.rate;
    return Math.max(0, this.next - now);
  }
}
