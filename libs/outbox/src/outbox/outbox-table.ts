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
 * Events that were decided together with the rows of their transaction, and are still to be published. A service exports
 * the table from its own schema file, so that drizzle-kit writes it into the service's migrations.
 */
export const outbox = pgTable(
  'outbox',
  {
    /** The event's id, and `Nats-Msg-Id`: publishing a row twice stores one event. */
    id: uuid().primaryKey(),
    /** Order of insertion. Not of commits: never read on from the highest position seen, rows below it may appear later. */
    position: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** Rows of one key are published in their order. */
    key: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    data: jsonb().notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    createdAt: time('created_at').notNull().defaultNow(),
    /** Not to be claimed before: a relay is publishing it, or it failed and waits. */
    leasedUntil: time('leased_until'),
    /** The relay that is publishing it. */
    leaseOwner: uuid('lease_owner'),
    /** How often publishing it has failed. */
    attempts: integer().notNull().default(0),
    /** Why it failed the last time, or was set aside. */
    lastError: text('last_error'),
    /** When the broker refused it for good: it is not tried again, and holds back nothing. */
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

/** Still to be published. @param table The table, or an alias of it. */
export function isWaiting(table: { publishedAt: AnyPgColumn; setAsideAt: AnyPgColumn }): SQL | undefined {
  return and(isNull(table.publishedAt), isNull(table.setAsideAt));
}
