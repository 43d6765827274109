import { headers as clientHeaders } from '@nats-io/transport-node';
import { expect, it } from '@jest/globals';
import { wrapHeaders, unwrapHeaders } from './wrapped-headers.js';
import { CloudEventHeader, readHeaders } from './cloud-events.js';
import { TransportHeader } from './names.js';

type Headers = Record<string, string[]>;

/** The id that is read on the other side, as {@link Delivery} does it. */
function idAfter(headers: Headers): string | undefined {
  const carried = wrapHeaders(headers, 'by place');
  try {
    return readHeaders(unwrapHeaders(carried))[CloudEventHeader.id] || carried.get(TransportHeader.eventId);
  } catch {
    return carried.get(TransportHeader.eventId);
  }
}

it.each<[string, Headers, string]>([
  ['an id', { 'ce-id': ['one'] }, 'one'],
  ['an id in capitals', { 'CE-Id': ['one'] }, 'one'],
  ['an id that must be decoded', { 'ce-id': ['a%0Ab'] }, 'a\nb'],
  ['no id', {}, 'by place'],
  ['an empty id', { 'ce-id': [''] }, 'by place'],
  ['a quoted empty id', { 'ce-id': ['""'] }, 'by place'],
  ['an id that cannot be read', { 'ce-id': ['%C0'] }, 'by place'],
  ['headers of which one cannot be read', { 'ce-id': ['one'], name: ['Zoë'] }, 'by place'],
])('an event with %s has the same id after it was carried', (_what, headers, id) => {
  expect(idAfter(headers)).toBe(id);
});

it('names without a character are carried on, as the client reads them', () => {
  const headers = clientHeaders();
  headers.append('', 'value');
  const carried = wrapHeaders(Object.fromEntries(headers), 'id');
  expect([...unwrapHeaders(carried)]).toEqual([['', ['value']]]);
});
