import { sql, type SQL } from 'drizzle-orm';

/**
 * Returns an SQL expression for a time on the clock of the database. The clocks of the replicas may differ.
 *
 * @param milliseconds Offset from the current time. A negative offset stands for a time in the past.
 */
export function fromNow(milliseconds: number): SQL {
  return sql`now() + ${milliseconds} * interval '1 millisecond'`;
}
