const DAY = 86_400_000;
/**
 * Assumed maximum clock difference, in milliseconds. The clock of the publisher that created the id may be ahead of the broker's
 * clock.
 */
const SKEW = 5 * 60_000;
/** Matches a UUID version 7, whose first 48 bits are a time in milliseconds. */
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Returns a time shortly before the time in the id. If the id contains no valid time, returns a day before `now`. */
export function searchStart(correlationId: string, now: number): Date {
  const match = UUID_V7.exec(correlationId);
  const made = match ? Number.parseInt(`${match[1]}${match[2]}`, 16) : NaN;
  // An id from another system may look like a UUID version 7 and contain any time.
  return new Date(made <= now + DAY ? made - SKEW : now - DAY);
}
