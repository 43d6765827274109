import { describe, expect, it } from '@jest/globals';
import { validate } from 'class-validator';
import { NotificationSent, UserMetadataRecorded, UserSignedUp } from './index.js';

const userId = '0199d0a0-7c1e-7abc-8def-0123456789ab';
const time = '2026-11-23T04:05:06.789Z';
const signedUp = { userId, email: 'ada@example.com', name: 'Ada', locale: 'en', signedUpAt: time };
const sent = {
  userId,
  channel: 'email' as const,
  recipient: 'a**@example.com',
  providerMessageId: '<1@x>',
  sentAt: time,
};
const recorded = { userId, fields: ['locale'], recordedAt: time };

const brokenFields = async (event: object): Promise<string[]> =>
  (await validate(event)).map(({ property }) => property);

describe('the contracts', () => {
  it.each([
    [new UserSignedUp(signedUp)],
    [new UserSignedUp({ ...signedUp, phone: '+14155550123', locale: 'de-CH' })],
    [new NotificationSent(sent)],
    [new NotificationSent({ ...sent, channel: 'text', recipient: '+1415*****23' })],
    [new UserMetadataRecorded(recorded)],
  ])('accept a valid event: %j', async (event) => {
    expect(await brokenFields(event)).toEqual([]);
  });

  it.each<[object, string]>([
    [new UserSignedUp({ ...signedUp, userId: '17' }), 'userId'],
    [new UserSignedUp({ ...signedUp, email: 'ada@' }), 'email'],
    [new UserSignedUp({ ...signedUp, email: 'ada@example.com, eve@example.com' }), 'email'],
    [new UserSignedUp({ ...signedUp, name: '' }), 'name'],
    [new UserSignedUp({ ...signedUp, name: 'x'.repeat(101) }), 'name'],
    [new UserSignedUp({ ...signedUp, phone: '0415 555 0123' }), 'phone'],
    [new UserSignedUp({ ...signedUp, locale: 'english please' }), 'locale'],
    [new UserSignedUp({ ...signedUp, signedUpAt: '23.11.2026' }), 'signedUpAt'],
    [new NotificationSent({ ...sent, channel: 'pigeon' as never }), 'channel'],
    [new NotificationSent({ ...sent, recipient: '' }), 'recipient'],
    [new NotificationSent({ ...sent, sentAt: '2026-11-23' }), 'sentAt'],
    [new UserMetadataRecorded({ ...recorded, fields: [1] as never }), 'fields'],
    [new UserMetadataRecorded({ ...recorded, fields: 'locale' as never }), 'fields'],
  ])('refuse an invalid event: %j breaks %s', async (event, field) => {
    expect(await brokenFields(event)).toEqual([field]);
  });

  it('have unique names in the past tense, with a version', () => {
    const names = [UserSignedUp, NotificationSent, UserMetadataRecorded].map(
      ({ event }) => `${event.name} v${event.version}`,
    );
    expect(names).toEqual(['user.signed-up v1', 'notification.sent v1', 'user.metadata-recorded v1']);
  });
});
