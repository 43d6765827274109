const DAY = 86_400_000;
/** The clock of the id's creator may be ahead of the broker's by this much. */
const SKEW = 5 * 60_000;
/** Matches a UUID version 7, whose first 48 bits are its time in milliseconds. */
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Start of the search for a flow: shortly before the time in its id, or a day ago if the id has none. */
export function searchStart(correlationId: string, now: number): Date {
  const match = UUID_V7.exec(correlationId);
  const made = match ? Number.parseInt(`${match[1]}${match[2]}`, 16) : NaN;
  // An id from elsewhere may look like a UUID version 7 and have any time.
  return new Date(made <= now + DAY ? made - SKEW : now - DAY);
}
