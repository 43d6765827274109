import type { NotificationSent, UserSignedUp } from '@app/contracts';
import { type EventFailed, UnrecoverableError } from '@cascade/jetstream';

/** Pattern of a class name. An error may have any name, so without this check, any string could be stored in the row. */
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,99}$/;

/** Returns the columns that only `user.signed-up` writes. */
export function signupColumns(event: UserSignedUp, eventId: string) {
  return {
    emailDomain: event.email.slice(event.email.lastIndexOf('@') + 1).toLowerCase(),
    locale: event.locale,
    signedUpAt: parseTime('signedUpAt', event.signedUpAt),
    rest: { signup: { eventId, hasPhone: Boolean(event.phone) } },
  };
}

/** Returns the columns of the notification after `notification.sent`. */
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

/** Returns the columns of the notification after a failure of the notifier. */
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

/** @throws UnrecoverableError for a time that a `Date` cannot represent, such as a leap second, which RFC 3339 allows */
function parseTime(field: string, text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new UnrecoverableError(`${field} is not a time that can be stored: ${JSON.stringify(text)}`);
  }
  return time;
}
