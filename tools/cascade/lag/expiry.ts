import { EVENTS_STREAM, isExpiringSoon } from '@cascade/jetstream';
import type { Expiry, ProcessorLag } from './lag.js';

/**
 * Returns the expiry of the unsettled event that will be deleted first; undefined if no unsettled event will be deleted.
 *
 * @param unsettled storage time of the oldest unsettled event of each consumer; undefined if all events are settled
 * @param keptFor retention time of each stream, in milliseconds; 0 for no limit
 */
export function firstExpiry(
  unsettled: readonly { stream: string; storedAt: Date | undefined }[],
  keptFor: ReadonlyMap<string, number>,
  now: number,
): Expiry | undefined {
  const expiries = unsettled.flatMap(({ stream, storedAt }) => {
    const kept = keptFor.get(stream) ?? 0;
    if (!storedAt || kept === 0) return [];
    const at = new Date(storedAt.getTime() + kept);
    return [{ stream, storedAt, at, isNear: isExpiringSoon(storedAt, kept, now) }];
  });
  return expiries.sort((a, b) => a.at.getTime() - b.at.getTime())[0];
}

/**
 * Returns the declared processors whose oldest unsettled event will be deleted soon. Undeclared processors are left out, because
 * their events may be deleted.
 */
export function expiringSoon(processors: readonly ProcessorLag[]): (ProcessorLag & { expiry: Expiry })[] {
  return processors.filter(
    (lag): lag is ProcessorLag & { expiry: Expiry } =>
      lag.state !== 'undeclared' && lag.expiry?.isNear === true,
  );
}

/** Describes an expiry, such as `notifier has not handled an event of 2026-…, which EVENTS deletes at 2026-…`. */
export function expiryText({ processor, expiry }: ProcessorLag & { expiry: Expiry }): string {
  const { stream, storedAt, at } = expiry;
  return `${processor} has not handled an event of ${storedAt.toISOString()}, which ${stream} deletes at ${at.toISOString()}`;
}

/** Returns an instruction for keeping the event longer if the processor does not catch up. */
export function expiryRemedy({ expiry: { stream } }: { expiry: Expiry }): string {
  const variable = stream === EVENTS_STREAM ? 'EVENTS_MAX_AGE' : 'FAILURES_MAX_AGE';
  return `raise ${variable} and call \`node cascade provision\`, unless the processor catches up before`;
}
