import { and, isNotNull, isNull, type SQL } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

const time = (name: string) => timestamp(name, { withTimezone: true });

/**
 * Table of the events that are to be published. A transaction adds its events together with its other rows. The schema of the
 * service must contain the table, so that drizzle-kit adds it to the migrations.
 */
export const outbox = pgTable(
  'outbox',
  {
    /**
     * Id of the event. The id is also sent as `Nats-Msg-Id`. The broker therefore stores the event only once, even if the row is
     * published twice within the duplicate window.
     */
    id: uuid().primaryKey(),
    /**
     * Order of insertion, not of commits. Do not use the highest position as a cursor, because rows with lower positions may be
     * committed later.
     */
    position: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** Key of the row. Rows with the same key are published in their order. */
    key: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    data: jsonb().notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    createdAt: time('created_at').notNull().defaultNow(),
    /** Time before which the row may not be claimed. This time is set while a relay publishes the row, and after a failure. */
    leasedUntil: time('leased_until'),
    /** Id of the relay that publishes the row; null if no relay holds a lease on the row. */
    leaseOwner: uuid('lease_owner'),
    /** Number of failed attempts to publish the row. */
    attempts: integer().notNull().default(0),
    /** Reason for the last failure, or for setting the row aside. */
    lastError: text('last_error'),
    /** Time at which the broker refused the row permanently. Such a row is not retried, and holds back no other row. */
    setAsideAt: time('set_aside_at'),
    publishedAt: time('published_at'),
  },
  (table) => [
    index('outbox_unpublished').on(table.position).where(isNull(table.publishedAt)),
    index('outbox_unpublished_by_key').on(table.key, table.position).where(isNull(table.publishedAt)),
    index('outbox_published').on(table.publishedAt).where(isNotNull(table.publishedAt)),
  ],
);

export type OutboxRow = typeof outbox.$inferSelect;

/**
 * Returns the condition for a row that is still to be published.
 *
 * @param table The outbox table, or an alias of it.
 */
export function isWaiting(table: { publishedAt: AnyPgColumn; setAsideAt: AnyPgColumn }): SQL | undefined {
  return and(isNull(table.publishedAt), isNull(table.setAsideAt));
}
