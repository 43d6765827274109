import { headers as natsHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { describe, expect, it } from '@jest/globals';
import { readHeaders, toHeaders } from '../cloud-events.js';
import { OWN_LAYOUT, readHeaderBlock } from './header-block.js';
import { encodeHeaders } from '../outgoing-message.js';

const block = (...lines: string[]) => Buffer.from(['NATS/1.0', ...lines, '', ''].join('\r\n'));

/** Header class of the client, which the client does not export. */
const Client = natsHeaders().constructor as unknown as { decode(bytes: Uint8Array): MsgHdrs };
const encodedByClient = (headers: MsgHdrs) => (headers as unknown as { encode(): Uint8Array }).encode();

/** Reads a block without the fast path, with the client's parser. */
const plain = (bytes: Uint8Array) => readHeaders(Client.decode(bytes));

describe('a block of headers', () => {
  it.each([
    ['no headers', block()],
    ['plain headers', block('ce-id: 17', 'traceparent: 00-1-2-01')],
    ['names in any case', block('CE-Id: 17', 'Nats-Msg-Id: x')],
    ['a repeated name', block('a: 1', 'A: 2', 'a: 3')],
    ['blanks and colons in a value', block('time:  12:30:00  ', 'empty:')],
    ['encoded and quoted attributes', block('ce-id: Euro%20%E2%82%AC', 'ce-source: "a \\"b\\""', 'x: %20')],
    ['names of properties of every object', block('__proto__: x', 'constructor: y')],
  ])('is read as the client reads it: %s', (_what, bytes) => {
    expect(readHeaderBlock(bytes)).toEqual(plain(bytes));
  });

  it('is read as the client has encoded it', () => {
    const headers = natsHeaders();
    for (const [name, value] of [
      ['ce-id', '17'],
      ['CE-Type', 'user.signed-up.v1'],
      ['ce-source', 'Euro%20%E2%82%AC'],
      ['X-Team', ' growth '],
      ['empty', ''],
      ['a', '1'],
      ['A', '2'],
      ['a', '3'],
    ] as const)
      headers.append(name, value);
    expect(readHeaderBlock(encodedByClient(headers))).toEqual(readHeaders(headers));
  });

  const own = (...lines: string[]) =>
    block(
      ...['ce-specversion: 1.0', 'ce-id: 17', 'ce-source: signup', 'ce-type: user.signed-up.v1'],
      ...['ce-time: 2026-11-23T04:05:06.789Z', 'ce-datacontenttype: application/json', 'ce-correlationid: 3'],
      ...lines,
    );
  const traced = own(
    ...['ce-causationid: 3', 'traceparent: 00-1-2-01', 'tracestate: a=1,b=2', 'Nats-Msg-Id: 17'],
  );

  it.each([
    ['an initiating event', own('Nats-Msg-Id: 17')],
    ['a processing event', own('ce-causationid: 3', 'Nats-Msg-Id: 17')],
    ['an event with a trace', own('ce-causationid: 3', 'traceparent: 00-1-2-01', 'Nats-Msg-Id: 17')],
    ['an event with a trace state', own('traceparent: 00-1-2-01', 'tracestate: a=1', 'Nats-Msg-Id: 17')],
    ['a trace state with blanks', own('traceparent: 00-1-2-01', 'tracestate: a=1, b=2', 'Nats-Msg-Id: 17')],
    ['an encoded attribute', own('ce-causationid: a%20b', 'Nats-Msg-Id: 17')],
    ['a message id that only looks encoded', own('Nats-Msg-Id: a%20b')],
    ['a repeated attribute', own('Nats-Msg-Id: 17', 'ce-id: 18')],
    ['an additional header', own('Nats-Msg-Id: 17', 'X-Team: growth')],
    ['no message id', own('ce-causationid: 3')],
  ])('is read with the same keys, in the same order: %s', (_what, bytes) => {
    const read = readHeaderBlock(bytes);
    expect(read).toEqual(plain(bytes));
    expect(Object.keys(read!)).toEqual(Object.keys(plain(bytes)));
    expect(read).not.toHaveProperty('constructor');
  });

  it('is read the same or left to `readHeaders`, whatever characters it has', () => {
    const text = traced.toString();
    const characters = ['', ...' %":\\\r\n\t\u0000\u007fAaé0'];
    const blocks = Array.from(text).flatMap((_, at) =>
      characters.flatMap((character) => [
        Buffer.from(text.slice(0, at) + character + text.slice(at + 1), 'latin1'),
        Buffer.from(text.slice(0, at) + character + text.slice(at), 'latin1'),
      ]),
    );
    const read = blocks.flatMap((bytes) => {
      const headers = readHeaderBlock(bytes);
      return headers ? [{ bytes, headers }] : [];
    });
    expect(read.length).toBeGreaterThan(1_000);
    const differing = read.filter(
      ({ bytes, headers }) => JSON.stringify(headers) !== JSON.stringify(plain(bytes)),
    );
    expect(differing.map(({ bytes }) => bytes.toString('latin1'))).toEqual([]);
  });

  it.each([
    ['an initiating event', {}, undefined],
    ['a processing event', { causationId: 'cause' }, undefined],
    ['an event with a trace', { causationId: 'cause' }, { traceparent: '00-1-2-01', tracestate: 'a=1' }],
  ])('of this transport has the layout that is read fastest: %s', (_what, cause, trace) => {
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
  ])('is left to `readHeaders`: %s', (_what, bytes) => {
    expect(readHeaderBlock(bytes)).toBeUndefined();
  });

  it('carries any character in an attribute', () => {
    const strange = 'Euro € 😀 "quoted" 100% \u0007';
    const envelope = { id: strange, source: 's', type: 't.v1', time: new Date(0), correlationId: 'flow' };
    const read = readHeaderBlock(toHeaders(envelope, { traceparent: '00-1-2-01' }).encode());
    expect(read).toMatchObject({ 'ce-id': strange, 'ce-correlationid': 'flow', traceparent: '00-1-2-01' });
  });
});
