import { describe, expect, it } from '@jest/globals';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Delivery } from './delivery.js';

class Noted {
  static readonly event = { name: 'note.taken', version: 1 };
}

describe('the time of the first attempt', () => {
  const storedAt = new Date('2026-11-23T11:00:00.123Z');
  const firstAttemptAt = (subject: string, deliveries: number, headers: Record<string, string> = {}) => {
    const message = {
      subject,
      data: Buffer.from('{}'),
      headers: new Map(Object.entries(headers)),
    };
    const ack = { stream: 'EVENTS', deliveries, sequence: 7, storedAt };
    return new Delivery({} as NatsConnection, message as unknown as Msg, ack).firstAttemptAt;
  };

  it('is the present time on the first delivery', () => {
    const before = Date.now();
    expect(firstAttemptAt('events.note.taken', 1).getTime()).toBeGreaterThanOrEqual(before);
  });

  it('is the time at which the event was stored if a crash has lost the first attempt, and is the same at each delivery', () => {
    expect(firstAttemptAt('events.note.taken', 2)).toEqual(storedAt);
    expect(firstAttemptAt('replay.notes.note.taken', 3)).toEqual(storedAt);
  });

  it('comes from the header of a retry, even after a crash', () => {
    const said = { 'cascade-first-attempt-at': '2026-11-23T10:59:00.000Z' };
    for (const deliveries of [1, 2])
      expect(firstAttemptAt('retry.notes.due.x', deliveries, said)).toEqual(new Date('2026-11-23T10:59:00Z'));
    expect(firstAttemptAt('retry.notes.due.x', 2, { 'cascade-first-attempt-at': 'never' })).toEqual(storedAt);
  });
});

it('reads the headers of an event once, even if its id is needed again after the event was handled', () => {
  const headers = Buffer.from(
    'NATS/1.0\r\nce-specversion: 1.0\r\nce-id: one\r\nce-type: note.taken.v1\r\n\r\n',
  );
  let read = 0;
  const message = {
    subject: 'events.note.taken',
    data: Buffer.from('{}'),
    _rdata: headers,
    get _msg() {
      read += 1;
      return { hdr: headers.length };
    },
    get headers(): never {
      throw new Error('the client would parse them');
    },
  };
  const ack = { stream: 'EVENTS', deliveries: 1, sequence: 7, storedAt: new Date() };
  const delivery = new Delivery({} as NatsConnection, message as unknown as Msg, ack);
  expect(delivery.metadata(Noted).eventId).toBe('one');
  expect(delivery.eventId).toBe('one');
  expect(read).toBe(1);
});
