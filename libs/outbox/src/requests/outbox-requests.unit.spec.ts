import { describe, expect, it } from '@jest/globals';
import { MAX_TEXT, parseRequest } from './outbox-requests.js';

const id = '0199d0a0-7c1e-7abc-8def-0123456789ab';
const parse = (request: unknown) => parseRequest(JSON.stringify(request));

describe('A request to an outbox', () => {
  it('has a short author and reason, on one line', () => {
    const by = 'ann\n\u001b[31mforged line';
    expect(parse({ do: 'put-back', by, reason: 'x'.repeat(1_000) })).toEqual({
      do: 'put-back',
      by: 'ann [31mforged line',
      reason: `${'x'.repeat(MAX_TEXT)}…`,
    });
    expect(parse({ do: 'drop', ids: [id], by: 17, reason: ' gone ' })).toEqual({
      do: 'drop',
      ids: [id],
      by: '',
      reason: 'gone',
    });
    expect(parse({ do: 'show', limit: 0 })).toEqual({ do: 'show', limit: 0 });
  });

  it.each([
    [null, /can `show`, `put-back` and `drop`/],
    [{ do: 'purge' }, /can `show`, `put-back` and `drop`/],
    [{ do: 'show', limit: 501 }, /limit must be a whole number from 0 to 500/],
    [{ do: 'show' }, /limit must be/],
    [{ do: 'put-back', ids: [] }, /ids must be 1 to 500 UUIDs/],
    [{ do: 'put-back', ids: ["1' or true"] }, /ids must be/],
    [{ do: 'drop', by: 'ann', reason: 'all' }, /ids must be/],
    [{ do: 'drop', ids: [id], reason: ' ' }, /needs a reason/],
  ])('is refused if it is %j', (request, reason) => {
    expect(() => parse(request)).toThrow(reason);
  });

  it('is refused if it is not JSON', () => {
    expect(() => parseRequest('show')).toThrow(SyntaxError);
  });
});
