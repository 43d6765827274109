import { headers as clientHeaders } from '@nats-io/transport-node';
import { expect, it } from '@jest/globals';
import { wrapHeaders, unwrapHeaders } from './wrapped-headers.js';
import { CloudEventHeader, readHeaders } from './cloud-events.js';
import { TransportHeader } from './names.js';

type Headers = Record<string, string[]>;

/** Returns the event id after wrapping, as `Delivery` reads it. */
function idAfter(headers: Headers): string | undefined {
  const wrapped = wrapHeaders(headers, 'derived');
  try {
    return readHeaders(unwrapHeaders(wrapped))[CloudEventHeader.id] || wrapped.get(TransportHeader.eventId);
  } catch {
    return wrapped.get(TransportHeader.eventId);
  }
}

it.each<[string, Headers, string]>([
  ['an id', { 'ce-id': ['one'] }, 'one'],
  ['an id in capitals', { 'CE-Id': ['one'] }, 'one'],
  ['an id that must be decoded', { 'ce-id': ['a%0Ab'] }, 'a\nb'],
  ['no id', {}, 'derived'],
  ['an empty id', { 'ce-id': [''] }, 'derived'],
  ['a quoted empty id', { 'ce-id': ['""'] }, 'derived'],
  ['an id that cannot be read', { 'ce-id': ['%C0'] }, 'derived'],
  ['a header that cannot be read', { 'ce-id': ['one'], name: ['Zoë'] }, 'derived'],
])('an event with %s has the same id after its headers have been wrapped', (_what, headers, id) => {
  expect(idAfter(headers)).toBe(id);
});

it('keep empty names, as the client reads them', () => {
  const headers = clientHeaders();
  headers.append('', 'value');
  const wrapped = wrapHeaders(Object.fromEntries(headers), 'id');
  expect([...unwrapHeaders(wrapped)]).toEqual([['', ['value']]]);
});
