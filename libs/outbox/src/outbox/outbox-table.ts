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
 * Events that a transaction added together with its rows, and that are to be published. drizzle-kit must find the table in the
 * schema of the service, so that the migrations create it.
 */
export const outbox = pgTable(
  'outbox',
  {
    /** Id of the event, also sent as `Nats-Msg-Id`: a row that is published twice is stored once. */
    id: uuid().primaryKey(),
    /** Order of insertion, not of commits. Do not read on from the highest position: rows below it may appear later. */
    position: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** Rows of one key are published in their order. */
    key: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    data: jsonb().notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    createdAt: time('created_at').notNull().defaultNow(),
    /** The row may not be claimed earlier, because a relay publishes it, or because it failed and waits. */
    leasedUntil: time('leased_until'),
    /** Id of the relay that publishes it. */
    leaseOwner: uuid('lease_owner'),
    /** How often publishing it has failed. */
    attempts: integer().notNull().default(0),
    /** Reason for the last failure, or for setting it aside. */
    lastError: text('last_error'),
    /** Time at which the broker refused it permanently. It is not tried again, and holds back no other row. */
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

/** Condition for a row that is still to be published. @param table The table, or an alias of it. */
export function isWaiting(table: { publishedAt: AnyPgColumn; setAsideAt: AnyPgColumn }): SQL | undefined {
  return and(isNull(table.publishedAt), isNull(table.setAsideAt));
}
