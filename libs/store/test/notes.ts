import { bigint, jsonb, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { fileURLToPath } from 'node:url';

/** Table with a column of each type that the two drivers might return differently. */
export const notes = pgTable('notes', {
  id: bigint({ mode: 'number' }).primaryKey(),
  text: text().notNull().unique(),
  details: jsonb(),
  price: numeric(),
  writtenAt: timestamp('written_at', { withTimezone: true }).notNull().defaultNow(),
  readAt: timestamp('read_at', { withTimezone: true, mode: 'string' }),
});

/** Folder with the migrations that drizzle-kit generated for the table. */
export const migrations = fileURLToPath(new URL('migrations', import.meta.url));
