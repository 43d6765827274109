import { expect, it } from '@jest/globals';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Delivery } from './delivery.js';

class Noted {
  static readonly event = { name: 'note.taken', version: 1 };
}

it('reads the headers of an event once: its id is asked for again when it has been handled', () => {
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
