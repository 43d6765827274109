import { moment } from '@cascade/store';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  /** As typed. */
  email: text('email').notNull(),
  /** Lower-cased: two spellings of one address are one user. */
  emailKey: text('email_key').notNull().unique(),
  name: text('name').notNull(),
  phone: text('phone'),
  locale: text('locale').notNull(),
  signedUpAt: moment('signed_up_at').notNull(),
});

/**
 * One row an accepted request. It tells nothing of the user, not even that there is one: an address that had signed up before has
 * its rows here too.
 */
export const signups = pgTable(
  'signups',
  {
    id: uuid('id').primaryKey(),
    correlationId: uuid('correlation_id').notNull(),
    receivedAt: moment('received_at').notNull(),
  },
  (table) => [index('signups_received_at').on(table.receivedAt)],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    key: text('key').primaryKey(),
    requestHash: text('request_hash').notNull(),
    /** Row of `signups`: written later in the same transaction, and kept for at least a day longer than the key is good. */
    signupId: uuid('signup_id').notNull(),
    /** When its signup was received. */
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('idempotency_keys_created_at').on(table.createdAt)],
);
