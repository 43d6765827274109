import { NotificationSent, UserSignedUp } from '@app/contracts';
import { EventFailed, UnrecoverableError } from '@cascade/jetstream';
import { describe, expect, it } from '@jest/globals';
import { notificationColumns, notificationFailureColumns, signupColumns } from './columns.js';

const signup = new UserSignedUp({
  userId: '0198c0de-7b1e-7000-8000-000000000000',
  email: '"ada@home"@Mail.Example.COM',
  name: 'Ada Lovelace',
  phone: '+14155550123',
  locale: 'de-CH',
  signedUpAt: '2026-01-02T03:04:05.678+02:00',
});

describe('signupColumns', () => {
  it('keeps only the domain of the address and the existence of a number, but no personal data', () => {
    expect(signupColumns(signup, 'event-1')).toEqual({
      emailDomain: 'mail.example.com',
      locale: 'de-CH',
      signedUpAt: new Date('2026-01-02T01:04:05.678Z'),
      rest: { signup: { eventId: 'event-1', hasPhone: true } },
    });
  });

  it('recognizes a user without a phone number', () => {
    const { rest } = signupColumns(new UserSignedUp({ ...signup, phone: undefined }), 'event-1');

    expect(rest.signup.hasPhone).toBe(false);
  });
});

describe('notificationColumns', () => {
  it('gives up immediately on a time that the contract allows but a date cannot represent', () => {
    const sent = new NotificationSent({
      userId: signup.userId,
      channel: 'email',
      recipient: 'a**@example.com',
      providerMessageId: '<event-1@cascade.localhost>',
      sentAt: '2016-12-31T23:59:60Z',
    });

    expect(() => notificationColumns(sent, 'event-2')).toThrow(UnrecoverableError);
    expect(() => notificationColumns(sent, 'event-2')).toThrow(/^sentAt .*23:59:60Z/);
  });
});

describe('notificationFailureColumns', () => {
  const failure = new EventFailed({
    processor: 'notifier',
    reason: 'unrecoverable',
    attempts: 2,
    firstAttemptAt: '2026-01-02T03:04:05Z',
    lastAttemptAt: '2026-01-02T03:04:06.5Z',
    error: {
      name: 'MessageRefusedError',
      message: '550 ada@example.com is unknown',
      stack: 'at ada@example.com',
    },
    original: {
      stream: 'EVENTS',
      sequence: 1,
      subject: 'events.user.signed-up',
      eventId: 'event-1',
      size: 2,
    },
  });

  it('keeps only the class of the error, without message and stack', () => {
    expect(notificationFailureColumns(failure, 'event-2')).toEqual({
      notificationState: 'failed',
      notificationChannel: null,
      notificationError: 'MessageRefusedError',
      notificationAt: new Date('2026-01-02T03:04:06.500Z'),
      rest: { notification: { eventId: 'event-2', reason: 'unrecoverable', attempts: 2 } },
    });
  });

  it.each(['ada@example.com', 'no such user', '', 'x'.repeat(101), undefined as unknown as string])(
    'does not accept %j as a class',
    (name) => {
      const named = new EventFailed({ ...failure, error: { ...failure.error, name } });

      expect(notificationFailureColumns(named, 'event-2').notificationError).toBe('Error');
    },
  );
});
