import type { NotificationChannel } from '@app/contracts';
import { moment } from '@cascade/store';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/**
 * Has a row for each event whose message is being sent, or was accepted by a gateway. It has only the masked recipient, and no
 * other personal data.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    /** Plain form of the id: see `plainIdOf`. */
    eventId: text('event_id').primaryKey(),
    /** Id of the process that sends the message, or sent it. */
    claim: uuid('claim').notNull(),
    claimedAt: moment('claimed_at').notNull().defaultNow(),
    /** This and the next three are null until a gateway has accepted the message. */
    acceptedAt: moment('accepted_at'),
    channel: text('channel').$type<NotificationChannel>(),
    recipient: text('recipient'),
    providerMessageId: text('provider_message_id'),
  },
  (table) => [index('deliveries_claimed_at').on(table.claimedAt)],
);
