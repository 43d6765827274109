import type { NotificationChannel } from '@app/contracts';
import type { FailureReason } from '@cascade/jetstream';
import { moment } from '@cascade/store';
import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** State of the welcome message. The state is `pending` until a gateway accepts the message or the notifier gives up. */
export type NotificationState = 'pending' | 'sent' | 'failed';

/** Values that have no separate column, grouped by the event that contained the values. */
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
  /** Id of the failure event. The failure event contains the message and the stack of the error. */
  eventId: string;
  reason: FailureReason;
  attempts: number;
}

/**
 * Table with a row for each user. The first event of a user creates the row. The table contains no personal data, because only
 * the domain of the e-mail address and the masked recipient are stored.
 */
export const userMetadata = pgTable('user_metadata', {
  userId: uuid('user_id').primaryKey(),

  /** Domain of the e-mail address. This column and the next two columns are null until `user.signed-up` has arrived. */
  emailDomain: text('email_domain'),
  locale: text('locale'),
  signedUpAt: moment('signed_up_at'),

  notificationState: text('notification_state').$type<NotificationState>().notNull().default('pending'),
  notificationChannel: text('notification_channel').$type<NotificationChannel>(),
  /**
   * Class name of the error if the state is `failed`. The error message is not stored, because the message may contain an
   * address.
   */
  notificationError: text('notification_error'),
  /** Time at which the gateway accepted the message, or at which the last attempt failed; null while the state is `pending`. */
  notificationAt: moment('notification_at'),

  rest: jsonb('rest').$type<Rest>().notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
});
