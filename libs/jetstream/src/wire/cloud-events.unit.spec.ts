import { headers as natsHeaders } from '@nats-io/transport-node';
import { describe, expect, it } from '@jest/globals';
import { readHeaders, toHeaders } from './cloud-events.js';
import { InvalidEventError } from '../errors.js';

const envelope = {
  id: 'id-1',
  source: 'signup',
  type: 'user.signed-up.v1',
  time: new Date(0),
  correlationId: 'flow',
};

describe('CloudEvents headers', () => {
  it('survive a round trip, whatever characters the attributes have', () => {
    const strange = 'Euro € 😀 "quoted" 100% \u0007';
    const read = readHeaders(toHeaders({ ...envelope, id: strange, causationId: strange }));
    expect(read).toMatchObject({ 'ce-id': strange, 'ce-causationid': strange, 'ce-source': 'signup' });
  });

  it('are percent-encoded as the binding says', () => {
    expect(toHeaders({ ...envelope, id: 'Euro € 😀' }).get('ce-id')).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80');
  });

  it('are read in any case, quoted or with needless encoding', () => {
    const headers = natsHeaders();
    headers.set('CE-Id', '"a \\"b\\""');
    headers.set('Ce-Source', '%73ignup');
    expect(readHeaders(headers)).toMatchObject({ 'ce-id': 'a "b"', 'ce-source': 'signup' });
  });

  it('may have the name of a property of every object', () => {
    const headers = natsHeaders();
    headers.set('__proto__', 'x');
    headers.set('constructor', 'y');
    const read = readHeaders(headers);
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor']);
  });

  it('are refused with the names of all broken headers if they are not printable ASCII', () => {
    const headers = natsHeaders();
    headers.set('ce-id', '%C0%A0');
    headers.set('x-one', 'Zoë');
    headers.set('x-two', 'a\u0007b');
    headers.set('x-fine', 'fine');
    const read = () => readHeaders(headers);
    expect(read).toThrow(InvalidEventError);
    expect(read).toThrow(/"ce-id", "x-one", "x-two"/);
  });
});
