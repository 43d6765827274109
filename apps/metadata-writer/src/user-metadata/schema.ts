import type { NotificationChannel } from '@app/contracts';
import type { FailureReason } from '@cascade/jetstream';
import { moment } from '@cascade/store';
import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** `pending` until a gateway has accepted the welcome message, or until the notifier has given up. */
export type NotificationState = 'pending' | 'sent' | 'failed';

/** Values without a column, by the event that contained them. */
export interface Rest {
  signup?: { eventId: string; hasPhone: boolean };
  notification?: SentNotification | FailedNotification;
}

interface SentNotification {
  eventId: string;
  recipient: string;
  providerMessageId: string;
}

interface FailedNotification {
  /** Id of the failure event, which contains the message and the stack. */
  eventId: string;
  reason: FailureReason;
  attempts: number;
}

/**
 * Table with a row for each user, which the first event of the user creates. It contains no personal data, because only the
 * domain of the e-mail address and the masked recipient are stored.
 */
export const userMetadata = pgTable('user_metadata', {
  userId: uuid('user_id').primaryKey(),

  /** Domain of the address. This column and the next two columns are null until `user.signed-up` has arrived. */
  emailDomain: text('email_domain'),
  locale: text('locale'),
  signedUpAt: moment('signed_up_at'),

  notificationState: text('notification_state').$type<NotificationState>().notNull().default('pending'),
  notificationChannel: text('notification_channel').$type<NotificationChannel>(),
  /** Class of the error if the state is `failed`. The message is not stored, because it may contain an address. */
  notificationError: text('notification_error'),
  /** Time at which the gateway accepted the message, or at which the last attempt failed. */
  notificationAt: moment('notification_at'),

  rest: jsonb('rest').$type<Rest>().notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
});
