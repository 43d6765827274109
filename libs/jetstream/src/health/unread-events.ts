import { Injectable } from '@nestjs/common';
import { JetStreamStrategy } from '../consume/strategy.js';

/** How far a processor has read, and when the broker deletes what it has not read. */
export interface Unread {
  processor: string;
  /** Events that it has not read were stored after this time. */
  readUpTo: Date;
  /** Milliseconds for which the stream keeps an event. */
  keptFor: number;
}

/** Part of the time for which events are kept, from which on their age is a fault. */
const ALARMING = 0.5;

/**
 * True if an event that waits has used up half of the time for which its stream keeps it.
 *
 * @param keptFor milliseconds; 0 if the stream keeps events of any age
 */
export function isExpiringSoon(storedAt: Date, keptFor: number, now = Date.now()): boolean {
  return keptFor > 0 && now - storedAt.getTime() >= keptFor * ALARMING;
}

/** The age of the events that wait for this process's processors, as a check of its health: the broker deletes old ones. */
@Injectable()
export class UnreadEvents {
  constructor(private readonly strategy: JetStreamStrategy) {}

  /** @throws Error naming the processors whose oldest event has lain there for half of the time that events are kept */
  ready(now = Date.now()): Promise<void> {
    const late = this.strategy.unread.filter(({ readUpTo, keptFor }) =>
      isExpiringSoon(readUpTo, keptFor, now),
    );
    if (late.length === 0) return Promise.resolve();
    const list = late.map(
      ({ processor, readUpTo, keptFor }) =>
        `${processor} has read up to ${readUpTo.toISOString()}, and the broker deletes events ${(keptFor / 3_600_000).toFixed(1)} h after they were stored`,
    );
    return Promise.reject(new Error(list.join('; ')));
  }
}
