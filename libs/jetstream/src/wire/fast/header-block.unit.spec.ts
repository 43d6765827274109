import { headers as natsHeaders } from '@nats-io/transport-node';
import { describe, expect, it } from '@jest/globals';
import { readHeaders, toHeaders } from '../cloud-events.js';
import { OWN_LAYOUT, readHeaderBlock } from './header-block.js';
import { encodeHeaders } from '../outgoing-message.js';

const block = (...lines: string[]) => Buffer.from(['NATS/1.0', ...lines, '', ''].join('\r\n'));

/** As the client parses it. */
function parsed(bytes: Uint8Array) {
  const headers = natsHeaders();
  for (const line of Buffer.from(bytes).toString().split('\r\n').slice(1).filter(Boolean)) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return readHeaders(headers);
}

describe('a block of headers', () => {
  it.each([
    ['none', block()],
    ['plain ones', block('ce-id: 17', 'traceparent: 00-1-2-01')],
    ['names in any case', block('CE-Id: 17', 'Nats-Msg-Id: x')],
    ['a repeated name', block('a: 1', 'A: 2', 'a: 3')],
    ['blanks and colons in a value', block('time:  12:30:00  ', 'empty:')],
    ['encoded and quoted attributes', block('ce-id: Euro%20%E2%82%AC', 'ce-source: "a \\"b\\""', 'x: %20')],
    ['names of properties of every object', block('__proto__: x', 'constructor: y')],
  ])('is read as one by one: %s', (_what, bytes) => {
    expect(readHeaderBlock(bytes)).toEqual(parsed(bytes));
  });

  const own = (...lines: string[]) =>
    block(
      ...['ce-specversion: 1.0', 'ce-id: 17', 'ce-source: signup', 'ce-type: user.signed-up.v1'],
      ...['ce-time: 2026-11-23T04:05:06.789Z', 'ce-datacontenttype: application/json', 'ce-correlationid: 3'],
      ...lines,
    );

  it.each([
    ['an initiating event', own('Nats-Msg-Id: 17')],
    ['a processing event', own('ce-causationid: 3', 'Nats-Msg-Id: 17')],
    ['one with a trace', own('ce-causationid: 3', 'traceparent: 00-1-2-01', 'Nats-Msg-Id: 17')],
    ['one with both of a trace', own('traceparent: 00-1-2-01', 'tracestate: a=1,b=2', 'Nats-Msg-Id: 17')],
    [
      'a state of a trace with blanks',
      own('traceparent: 00-1-2-01', 'tracestate: a=1, b=2', 'Nats-Msg-Id: 17'),
    ],
    ['an encoded attribute', own('ce-causationid: a%20b', 'Nats-Msg-Id: 17')],
    ['an encoded id of the message, which is none', own('Nats-Msg-Id: a%20b')],
    ['an attribute once more', own('Nats-Msg-Id: 17', 'ce-id: 18')],
    ['a header more', own('Nats-Msg-Id: 17', 'X-Team: growth')],
    ['no id of the message', own('ce-causationid: 3')],
  ])('is read alike as this transport writes it: %s', (_what, bytes) => {
    const read = readHeaderBlock(bytes);
    expect(read).toEqual(parsed(bytes));
    expect(Object.keys(read!)).toEqual(Object.keys(parsed(bytes)));
    expect(read).not.toHaveProperty('constructor');
  });

  it.each([
    ['an initiating event', {}, undefined],
    ['a processing event', { causationId: 'cause' }, undefined],
    ['one of a trace', { causationId: 'cause' }, { traceparent: '00-1-2-01', tracestate: 'a=1' }],
  ])('has the layout that is read quickest as this transport writes it: %s', (_what, cause, trace) => {
    const envelope = {
      id: 'id',
      source: 's',
      type: 't.v1',
      time: new Date(0),
      correlationId: 'flow',
      ...cause,
    };
    const message = { id: 'id', headers: toHeaders(envelope, trace), subject: 'events.t', body: Buffer.of() };
    const bytes = encodeHeaders(message);
    expect(Buffer.from(bytes).toString()).toMatch(OWN_LAYOUT);
    expect(readHeaderBlock(bytes)).toMatchObject({ 'ce-id': 'id', 'nats-msg-id': 'id', ...trace });
  });

  it.each([
    ['a status', Buffer.from('NATS/1.0 503\r\n\r\n')],
    ['characters that are not printable ASCII', block('x: Zoë')],
    ['control characters', block('x: a\u0007b')],
    ['a broken percent-encoding', block('ce-id: %C0%A0')],
    ['a line without a colon', block('nothing')],
    ['a blank in a name', block('a name: x')],
    ['no end', Buffer.from('NATS/1.0\r\nx: y\r\n')],
  ])('is left to a closer look: %s', (_what, bytes) => {
    expect(readHeaderBlock(bytes)).toBeUndefined();
  });

  it('is what an event is sent with', () => {
    const strange = 'Euro € 😀 "quoted" 100% \u0007';
    const envelope = { id: strange, source: 's', type: 't.v1', time: new Date(0), correlationId: 'flow' };
    const read = readHeaderBlock(toHeaders(envelope, { traceparent: '00-1-2-01' }).encode());
    expect(read).toMatchObject({ 'ce-id': strange, 'ce-correlationid': 'flow', traceparent: '00-1-2-01' });
  });
});
