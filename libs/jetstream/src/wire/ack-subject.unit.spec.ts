import { expect, it } from '@jest/globals';
import { pendingIn, readAckSubject } from './ack-subject.js';

it.each([
  '$JS.ACK.EVENTS.notes.2.7.9.1700000000123456789.4',
  '$JS.ACK.hub.ACCOUNT.EVENTS.notes.2.7.9.1700000000123456789.4',
  '$JS.ACK._.ACCOUNT.EVENTS.notes.2.7.9.1700000000123456789.4.random',
])('reads position, time and number of deliveries of a message: %s', (reply) => {
  expect(readAckSubject(reply)).toEqual({
    stream: 'EVENTS',
    deliveries: 2,
    sequence: 7,
    storedAt: new Date(1_700_000_000_123),
  });
});

it.each([
  undefined,
  '',
  '_INBOX.x',
  '$JS.ACK.x',
  '$JS.ACK.EVENTS.notes.2.7.9.soon.4',
  // A timestamp beyond the range of a date.
  `$JS.ACK.EVENTS.notes.2.7.9.${'9'.repeat(40)}.4`,
])('reads nothing from any other subject: %s', (reply) => {
  expect(readAckSubject(reply)).toBeUndefined();
});

it.each([
  ['$JS.ACK.EVENTS.notifier.1.17.3.1700000000000000000.42'],
  ['$JS.ACK.hub.ACC.EVENTS.notifier.1.17.3.1700000000000000000.42'],
  ['$JS.ACK.hub.ACC.EVENTS.notifier.1.17.3.1700000000000000000.42.token'],
])('reads the number of messages that wait behind the message: %s', (reply) => {
  expect(pendingIn(reply)).toBe(42);
});
