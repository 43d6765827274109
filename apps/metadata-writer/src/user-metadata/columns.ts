import type { NotificationSent, UserSignedUp } from '@app/contracts';
import { type EventFailed, UnrecoverableError } from '@cascade/jetstream';

/** What a class can be called. An error may name itself, and could so carry anything into the row. */
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,99}$/;

/** The columns that `user.signed-up` owns: no other event writes them. */
export function signupColumns(event: UserSignedUp, eventId: string) {
  return {
    emailDomain: event.email.slice(event.email.lastIndexOf('@') + 1).toLowerCase(),
    locale: event.locale,
    signedUpAt: parseTime('signedUpAt', event.signedUpAt),
    rest: { signup: { eventId, hasPhone: Boolean(event.phone) } },
  };
}

/** The columns of the notification, as `notification.sent` writes them. */
export function notificationColumns(event: NotificationSent, eventId: string) {
  const { channel, recipient, providerMessageId, sentAt } = event;
  return {
    notificationState: 'sent' as const,
    notificationChannel: channel,
    notificationError: null,
    notificationAt: parseTime('sentAt', sentAt),
    rest: { notification: { eventId, recipient, providerMessageId } },
  };
}

/** The columns of the notification, as a failure of the notifier writes them. */
export function notificationFailureColumns(failure: EventFailed, eventId: string) {
  const { error, reason, attempts, lastAttemptAt } = failure;
  return {
    notificationState: 'failed' as const,
    notificationChannel: null,
    notificationError: CLASS_NAME.test(error.name ?? '') ? error.name : 'Error',
    notificationAt: parseTime('lastAttemptAt', lastAttemptAt),
    rest: { notification: { eventId, reason, attempts } },
  };
}

export type SignupColumns = ReturnType<typeof signupColumns>;
export type NotificationColumns =
  ReturnType<typeof notificationColumns> | ReturnType<typeof notificationFailureColumns>;

/** RFC 3339 allows a leap second, which no `Date` can hold. */
function parseTime(field: string, text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new UnrecoverableError(`${field} is no point in time that can be stored: ${JSON.stringify(text)}`);
  }
  return time;
}
