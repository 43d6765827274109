import { ProblemException } from '@cascade/service';
import { HttpStatus } from '@nestjs/common';
import { clientNetwork } from './client-network.js';

const MINUTE_MS = 60_000;

/**
 * Limits the number of signups of a client in any period of one minute. The signups are counted in the memory of this process.
 *
 * The quota is not a guard, because guards run before the body is validated. An invalid body must not count.
 */
export class SignupQuota {
  /** Times of the posts by client, starting with the oldest. Times that are older than a minute are removed later. */
  private readonly taken = new Map<string, number[]>();
  private sweptAt = 0;

  /**
   * @param limit Maximum number of signups per minute; 0 for no limit.
   * @param now Returns the milliseconds of a monotonic clock.
   */
  constructor(
    private readonly limit: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws ProblemException 429 with `retry-after` */
  take(address: string): void {
    if (this.limit === 0) return;
    const now = this.now();
    this.sweep(now);
    const client = clientNetwork(address);
    const times = this.taken.get(client) ?? [];
    while (times.length > 0 && times[0]! <= now - MINUTE_MS) times.shift();
    if (times.length >= this.limit) throw this.refusal(times[0]! + MINUTE_MS - now);
    times.push(now);
    this.taken.set(client, times);
  }

  /** Removes the clients that have posted nothing in the last minute. Runs at most once a minute. */
  private sweep(now: number): void {
    if (now - this.sweptAt < MINUTE_MS) return;
    this.sweptAt = now;
    for (const [client, times] of this.taken) {
      if (times.at(-1)! <= now - MINUTE_MS) this.taken.delete(client);
    }
  }

  private refusal(waitMs: number): ProblemException {
    return new ProblemException(
      HttpStatus.TOO_MANY_REQUESTS,
      `Only ${this.limit} signups per minute are accepted from one address.`,
      { headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } },
    );
  }
}
