const DAY = 86_400_000;
/** The clock of whoever made the id may be ahead of the broker's by this much. */
const SKEW = 5 * 60_000;
/** The version 7 of UUIDs: its first 48 bits are the milliseconds of its time. */
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** From when on a flow is looked for: where its id tells its time, shortly before that; else a day ago. */
export function searchStart(correlationId: string, now: number): Date {
  const match = UUID_V7.exec(correlationId);
  const made = match ? Number.parseInt(`${match[1]}${match[2]}`, 16) : NaN;
  // An id that is not of our making may look like one, and tell any time.
  return new Date(made <= now + DAY ? made - SKEW : now - DAY);
}
