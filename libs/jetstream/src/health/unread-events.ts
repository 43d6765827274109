import { Injectable } from '@nestjs/common';
import { JetStreamStrategy } from '../consume/strategy.js';

/** Fraction of the retention time after which an unread event is reported. */
const ALARMING_AGE = 0.5;

/**
 * Returns true if an unread event is older than half of the time for which its stream keeps events.
 *
 * @param keptFor retention time in milliseconds; 0 if the stream keeps events of any age
 */
export function isExpiringSoon(storedAt: Date, keptFor: number, now = Date.now()): boolean {
  return keptFor > 0 && now - storedAt.getTime() >= keptFor * ALARMING_AGE;
}

/** Health check that reports processors of this process whose events the broker may soon delete. */
@Injectable()
export class UnreadEvents {
  constructor(private readonly strategy: JetStreamStrategy) {}

  /** @throws Error that names the processors whose oldest unread event may have used up half of its retention time */
  async ready(now = Date.now()): Promise<void> {
    const late = this.strategy.unread.filter(({ readUpTo, keptFor }) =>
      isExpiringSoon(readUpTo, keptFor, now),
    );
    const list = late.map(
      ({ processor, readUpTo, keptFor }) =>
        `${processor} has read up to ${readUpTo.toISOString()}, and the broker deletes events ${(keptFor / 3_600_000).toFixed(1)} h after they were stored`,
    );
    if (list.length > 0) throw new Error(list.join('; '));
  }
}
