import type { NotificationChannel } from '@app/contracts';
import type { FailureReason } from '@cascade/jetstream';
import { moment } from '@cascade/store';
import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** `pending` until a gateway has accepted the welcome message, or the notifier has given up on it. */
export type NotificationState = 'pending' | 'sent' | 'failed';

/** What has no column of its own, under the event that it comes from. */
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
  /** Of the failure event, which holds the message and the stack. */
  eventId: string;
  reason: FailureReason;
  attempts: number;
}

/**
 * One row a user, made by whichever event comes first. Personal data stays out: of the e-mail address only the domain is
 * kept, of the recipient only the masked form.
 */
export const userMetadata = pgTable('user_metadata', {
  userId: uuid('user_id').primaryKey(),

  /** This and the next two are null until `user.signed-up` has arrived. */
  emailDomain: text('email_domain'),
  locale: text('locale'),
  signedUpAt: moment('signed_up_at'),

  notificationState: text('notification_state').$type<NotificationState>().notNull().default('pending'),
  notificationChannel: text('notification_channel').$type<NotificationChannel>(),
  /** Class of the error where the state is `failed`. Never its message, which may hold an address. */
  notificationError: text('notification_error'),
  /** When the gateway accepted the message, or when the last attempt failed. */
  notificationAt: moment('notification_at'),

  rest: jsonb('rest').$type<Rest>().notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
});
