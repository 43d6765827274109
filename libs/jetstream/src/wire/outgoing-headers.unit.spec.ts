import { expect, it } from '@jest/globals';
import { errors, headers as clientHeaders } from '@nats-io/transport-node';
import { lineOf, OutgoingHeaders } from './outgoing-headers.js';

it("are written as the client's headers would be", () => {
  const [ours, theirs] = [new OutgoingHeaders(), clientHeaders()];
  for (const [name, value] of [
    ['ce-id', 'one'],
    ['X-Greeting', 'Grüße: ☀'],
    ['empty', ''],
    ['', 'of no name'],
  ] as const) {
    ours.add(name, value);
    theirs.append(name, value);
  }
  ours.set('ce-id', 'two');
  theirs.set('ce-id', 'two');
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
  expect(ours.get('ce-id')).toBe('two');
  const decode = (bytes: Uint8Array) => Buffer.from(bytes).toString().split('\r\n').sort();
  expect(decode(ours.encode())).toEqual(decode((theirs as unknown as { encode(): Uint8Array }).encode()));
});

it.each([
  ['a b', 'value'],
  ['a:', 'value'],
  ['ü', 'value'],
  ['a\r\nb', 'value'],
  ['a', 'one\ntwo'],
  ['a', 'one\rtwo'],
])("are refused if the client's headers refuse them: %j: %j", (name, value) => {
  const add = () => new OutgoingHeaders().add(name, value);
  expect(add).toThrow(errors.InvalidArgumentError);
  expect(() => clientHeaders().append(name, value)).toThrow(errors.InvalidArgumentError);
});

it('are not changed by further lines after them', () => {
  const headers = new OutgoingHeaders();
  headers.add('name', 'value');
  expect(Buffer.from(headers.encode(lineOf('more', 'value'))).toString()).toBe(
    'NATS/1.0\r\nname: value\r\nmore: value\r\n\r\n',
  );
  expect([...headers]).toEqual([['name', ['value']]]);
});

it.each(['one\ntwo', 'one\rtwo'])('refuse a value with a line break: %j', (value) => {
  expect(() => lineOf('name', value)).toThrow(errors.InvalidArgumentError);
});
