import { index, json, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { StoredResult } from './stored-result.js';

/**
 * Table with a mark for each event that a processor has handled. A mark is committed together with the work. The schema of the
 * service must contain the table, so that drizzle-kit adds it to the migrations.
 */
export const inbox = pgTable(
  'inbox',
  {
    /** Plain form of the event id (see `plainIdOf`). */
    eventId: text('event_id').notNull(),
    processor: text().notNull(),
    /** Id of the replay that repeated the work; empty if no replay repeated the work. */
    replayId: text('replay_id').notNull().default(''),
    /**
     * Result of the handler. If the event is redelivered, this result is returned instead of repeating the work. The type is not
     * jsonb, because jsonb cannot store NUL characters.
     */
    result: json().$type<StoredResult>(),
    processedAt: timestamp('processed_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.processor, table.replayId] }),
    index('inbox_processed_at').on(table.processedAt),
  ],
);
