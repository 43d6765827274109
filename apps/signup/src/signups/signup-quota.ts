import { ProblemException } from '@cascade/service';
import { HttpStatus } from '@nestjs/common';
import { clientNetwork } from './client-network.js';

const MINUTE_MS = 60_000;

/**
 * How many signups one client may post within any minute. Counted in this process's memory.
 *
 * Not a guard: guards run before the body is validated, and a typo must not cost.
 */
export class SignupQuota {
  /** By client: when it posted within the last minute, oldest first. */
  private readonly taken = new Map<string, number[]>();
  private sweptAt = 0;

  /**
   * @param limit 0 for none
   * @param now milliseconds of a clock that never goes back
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

  /** Once a minute, so that clients which never come back leave nothing behind. */
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
      `Only ${this.limit} signups a minute are taken from one address.`,
      { headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } },
    );
  }
}
