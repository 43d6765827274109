import { headers as clientHeaders } from '@nats-io/transport-node';
import { expect, it } from '@jest/globals';
import { carry, uncarried } from './carried-headers.js';

it('names without a character are carried on, as the client reads them', () => {
  const headers = clientHeaders();
  headers.append('', 'value');
  const carried = carry(Object.fromEntries(headers), 'id');
  expect([...uncarried(carried)]).toEqual([['', ['value']]]);
});
