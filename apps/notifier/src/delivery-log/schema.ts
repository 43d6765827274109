import type { NotificationChannel } from '@app/contracts';
import { moment } from '@cascade/store';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/**
 * Table with a row for each event whose message is being sent, or was accepted by a gateway. The masked recipient is stored, but
 * no other personal data.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    /** Plain form of the event id (see `plainIdOf`). */
    eventId: text('event_id').primaryKey(),
    /** Id of the process that is sending the message, or that has sent the message. */
    claim: uuid('claim').notNull(),
    claimedAt: moment('claimed_at').notNull().defaultNow(),
    /** Time of acceptance. This column and the next three columns are null until a gateway has accepted the message. */
    acceptedAt: moment('accepted_at'),
    channel: text('channel').$type<NotificationChannel>(),
    recipient: text('recipient'),
    providerMessageId: text('provider_message_id'),
  },
  (table) => [index('deliveries_claimed_at').on(table.claimedAt)],
);
