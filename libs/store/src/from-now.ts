import { sql, type SQL } from 'drizzle-orm';

/**
 * A time by the clock of the database, because the clocks of the replicas may differ.
 *
 * @param milliseconds Negative for a time in the past.
 */
export function fromNow(milliseconds: number): SQL {
  return sql`now() + ${milliseconds} * interval '1 millisecond'`;
}
