import { moment } from '@cascade/store';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  /** Address, spelled as the user typed it. */
  email: text('email').notNull(),
  /** Address in lower case. Addresses that differ only in case belong to one user. */
  emailKey: text('email_key').notNull().unique(),
  name: text('name').notNull(),
  phone: text('phone'),
  locale: text('locale').notNull(),
  signedUpAt: moment('signed_up_at').notNull(),
});

/**
 * Table with a row for each accepted request. A row does not reveal whether a user was created, because requests with a known
 * address also have rows.
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
    /**
     * Id of the key's row in `signups`. The row is written later in the same transaction, and kept at least a day longer than the
     * key.
     */
    signupId: uuid('signup_id').notNull(),
    /** Time at which the key's signup was received. */
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('idempotency_keys_created_at').on(table.createdAt)],
);
