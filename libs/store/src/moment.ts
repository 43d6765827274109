import { timestamp } from 'drizzle-orm/pg-core';

/** Defines a column for a point in time with millisecond precision, like a `Date`. */
export function moment(name: string) {
  return timestamp(name, { withTimezone: true, precision: 3 });
}
