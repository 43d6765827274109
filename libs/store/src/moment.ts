import { timestamp } from 'drizzle-orm/pg-core';

/** A column for a point in time, to the millisecond: what a `Date` holds. */
export function moment(name: string) {
  return timestamp(name, { withTimezone: true, precision: 3 });
}
