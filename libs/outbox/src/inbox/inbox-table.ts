import { index, json, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { StoredResult } from './stored-result.js';

/**
 * One mark for each event that a processor has worked on, committed together with that work. A service exports the table
 * from its own schema file, so that drizzle-kit writes it into the service's migrations.
 */
export const inbox = pgTable(
  'inbox',
  {
    /** In its plain form: see `plainIdOf`. */
    eventId: text('event_id').notNull(),
    processor: text().notNull(),
    /** The replay of a time range that the event was part of, which has the work done again; empty elsewhere. */
    replayId: text('replay_id').notNull().default(''),
    /** What the handler returned, to be returned at a redelivery. Not jsonb, which takes no text with a NUL character in it. */
    result: json().$type<StoredResult>(),
    processedAt: timestamp('processed_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.processor, table.replayId] }),
    index('inbox_processed_at').on(table.processedAt),
  ],
);
