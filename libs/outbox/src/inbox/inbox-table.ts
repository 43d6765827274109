import { index, json, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { StoredResult } from './stored-result.js';

/**
 * Marks of the events that a processor has handled. A mark is committed together with the work. drizzle-kit must find the table
 * in the schema of the service, so that the migrations create it.
 */
export const inbox = pgTable(
  'inbox',
  {
    /** Plain form of the id: see `plainIdOf`. */
    eventId: text('event_id').notNull(),
    processor: text().notNull(),
    /** Id of the replay of a time range, which does the work again. Empty if there was no such replay. */
    replayId: text('replay_id').notNull().default(''),
    /** Result of the handler, which a redelivery returns again. Not jsonb, which cannot store NUL characters. */
    result: json().$type<StoredResult>(),
    processedAt: timestamp('processed_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.processor, table.replayId] }),
    index('inbox_processed_at').on(table.processedAt),
  ],
);
