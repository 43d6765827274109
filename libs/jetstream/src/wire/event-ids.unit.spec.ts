import { expect, it } from '@jest/globals';
import { v5, validate, version } from 'uuid';
import { derivedEventId, failureEventId, messageId, newEventId, storedEventId } from './event-ids.js';

/**
 * Namespace of derived ids. The namespace is a part of the wire format. If the namespace changed, redeliveries would derive other
 * ids, and next events would be stored twice.
 */
const NAMESPACE = '6f1c1f6e-4d0a-5b0e-9b6d-6f6f1d3c9a54';
const place = { stream: 'EVENTS', sequence: 7, storedAt: new Date(1_764_000_000_000) };

it('derives ids as UUIDs of version 5', () => {
  const incoming = 'an id with "quotes" and 😀';
  expect(derivedEventId(incoming, 'notifier', 1)).toBe(
    v5(JSON.stringify([incoming, 'notifier', 1]), NAMESPACE),
  );
  expect(storedEventId(place)).toBe(v5(JSON.stringify(['EVENTS', 7, 1_764_000_000_000]), NAMESPACE));
  expect(failureEventId('an id', 'a key', 'notifier')).toBe(
    v5(JSON.stringify(['failed', 'an id', 'a key', 'notifier']), NAMESPACE),
  );
  expect(messageId('retry', 7)).toBe(v5(JSON.stringify(['retry', 7]), NAMESPACE));
});

it('makes new ids of version 7, which contain the time', () => {
  const before = Date.now();
  const ids = Array.from({ length: 1_000 }, newEventId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) {
    expect([validate(id), version(id)]).toEqual([true, 7]);
    const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  }
});
