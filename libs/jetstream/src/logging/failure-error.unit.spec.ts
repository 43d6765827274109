import { describe, expect, it } from '@jest/globals';
import { InvalidEventError } from '../errors.js';
import { describeError, nameError } from './failure-error.js';

describe('the description of an error', () => {
  it('has its class, causes and broken rules, and cuts long strings', () => {
    class GatewayError extends Error {}
    const violations = [{ field: 'a', rule: 'isInt', message: 'a must be an integer' }];
    const error = new GatewayError('x'.repeat(10_000), { cause: new InvalidEventError('inner', violations) });
    const described = describeError(error);
    expect(described).toMatchObject({
      name: 'GatewayError',
      cause: { name: 'InvalidEventError', message: 'inner', violations },
    });
    expect(Buffer.byteLength(described.message)).toBeLessThanOrEqual(8_192);
    expect(Buffer.byteLength(describeError(new Error('é'.repeat(9_000))).message)).toBeLessThanOrEqual(8_192);
    expect(describeError('just text')).toEqual({ name: 'string', message: 'just text' });
  });

  it('contains no credential, wherever the credential was', () => {
    const named = Object.assign(new Error('x'), { name: 'postgres://ann:hunter1@db' });
    const rule = {
      field: 'token=hunter2',
      rule: 'r',
      message: 'url must be a URL, found nats://hunter3@host',
    };
    const error = new InvalidEventError('login failed: password=hunter4', [rule], {
      cause: new AggregateError([named, 'secret: hunter5'], '', {
        cause: { config: { password: 'hunter6' } },
      }),
    });
    expect(JSON.stringify(describeError(error))).not.toContain('hunter');
    expect(JSON.stringify(nameError({ headers: { Authorization: 'Bearer hunter7' } }))).not.toContain(
      'hunter',
    );
    const many = Array.from({ length: 5_000 }, (_, index) => ({
      field: `${index}`,
      rule: 'r',
      message: 'm',
    }));
    expect(describeError(new InvalidEventError('x', many)).violations).toEqual(many.slice(0, 100));
    const long = new InvalidEventError('x', [{ field: '', rule: '', message: 'é'.repeat(5_000) }]);
    expect(Buffer.byteLength(describeError(long).violations![0]!.message)).toBeLessThanOrEqual(1_024);
  });

  describe('of a query that failed', () => {
    /** Error like Drizzle's. The transport depends on no database, so Drizzle's own class is not imported. */
    class DrizzleQueryError extends Error {
      constructor(
        readonly query: string,
        readonly params: unknown[],
        cause?: unknown,
      ) {
        super(`Failed query: ${query}\nparams: ${params.join()}`, { cause });
      }
    }
    class DatabaseError extends Error {
      readonly detail = 'Key (email)=(Ada Lovelace) already exists.';
    }
    const params = ['Ada Lovelace', '12 St. James Square'];
    const refused = new DatabaseError('duplicate key value violates unique constraint "users_email_key"');
    const failed = new DrizzleQueryError('insert into users values ($1, $2)', params, refused);

    it('is the description of its cause, without the values', () => {
      const described = describeError(failed);
      expect(described).toMatchObject({ name: 'DatabaseError', message: refused.message });
      expect(described.cause).toBeUndefined();
      expect(nameError(failed)).toEqual({ name: 'DatabaseError', message: refused.message });
      const wrapped = new Error('the row was not written', { cause: failed });
      expect(describeError(wrapped).cause).toMatchObject({ name: 'DatabaseError' });
      const several = new AggregateError([failed]);
      for (const error of [failed, wrapped, several, new DrizzleQueryError('again', params, failed)])
        expect(JSON.stringify([describeError(error), nameError(error)])).not.toMatch(/Lovelace|James/);
    });

    it('is recognized by its shape, whatever its class', () => {
      const other = { query: 'select $1', params, cause: refused, message: `params: ${params.join()}` };
      expect(describeError(other)).toMatchObject({ name: 'DatabaseError', message: refused.message });
      expect(describeError(Object.assign(new Error(params[0]), other)).name).toBe('DatabaseError');
      // A driver's error has a query and parameters too, but its message does not contain them.
      const drivers = Object.assign(new Error('syntax error'), { query: 'selct $1', params });
      expect(describeError(drivers)).toMatchObject({ name: 'Error', message: 'syntax error' });
    });

    it('has no values even if the error has no cause, or is its own cause', () => {
      const alone = new DrizzleQueryError('select $1', params);
      const circular = new DrizzleQueryError('select $1', params);
      circular.cause = circular;
      for (const error of [alone, circular]) {
        expect(describeError(error)).toEqual({ name: 'DrizzleQueryError', message: 'a query failed' });
        expect(nameError(error)).toEqual({ name: 'DrizzleQueryError', message: 'a query failed' });
      }
    });
  });

  it('masks addresses and phone numbers so that only a reader who knows them can recognize them', () => {
    const error = new Error('550 no such user <ada@example.com>', {
      cause: new AggregateError(['the number +14155550123 is not valid'], 'for ada@example.com'),
    });
    const described = JSON.stringify(describeError(error));
    expect(described).not.toMatch(/ada@|4155550123/);
    expect(described).toContain('<a**@example.com>');
    expect(described).toContain('+1415*****23');
  });

  it('ends if errors cause each other', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    expect(describeError(first).cause).toMatchObject({ message: 'second', cause: { message: 'first' } });
    expect(JSON.stringify(describeError(first)).match(/"second"/g)).toHaveLength(2);
  });

  it('has the parts of an AggregateError, and the messages of the parts if the error has no message', () => {
    const refused = ['::1:25', '127.0.0.1:25'].map((address) => new Error(`connect ECONNREFUSED ${address}`));
    const error = new AggregateError(refused);
    expect(describeError(error)).toMatchObject({
      name: 'AggregateError',
      message: 'connect ECONNREFUSED ::1:25; connect ECONNREFUSED 127.0.0.1:25',
      errors: refused.map(({ message }) => ({ name: 'Error', message })),
    });
    expect(nameError(error).message).toContain('::1:25');
    expect(nameError(new AggregateError(refused, 'no server left')).message).toBe('no server left');
    const many = new AggregateError(Array.from({ length: 1_000 }, () => new Error('x'.repeat(10_000))));
    expect(Buffer.byteLength(JSON.stringify(describeError(many)))).toBeLessThan(32_768);
  });

  const circular: Record<string, unknown> = { code: 'E1' };
  circular['self'] = circular;
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no');
    },
  });
  class Hidden extends Error {
    override get message(): string {
      throw new Error('no');
    }
  }

  it.each<[string, unknown, RegExp]>([
    ['a circular object', circular, /E1/],
    ['an error with a circular cause', new Error('odd', { cause: circular }), /odd.*E1/],
    ['a BigInt', 5n, /5n/],
    ['a symbol', Symbol('odd'), /odd/],
    ['an object without a prototype', Object.assign(Object.create(null), { code: 'E2' }), /E2/],
    ['nothing', undefined, /undefined/],
    ['a function', () => 1, /unction/],
    ['a message that is an object', Object.assign(new Error(), { message: { code: 'E3' } }), /E3/],
    ['a message that is a BigInt', Object.assign(new Error(), { message: 7n }), /7n/],
    ['a name that is a number', Object.assign(new Error('odd'), { name: 3 }), /3.*odd/],
    ['an error without a class', Object.assign(new Error('odd'), { constructor: undefined }), /odd/],
    ['a stack that is an object', Object.assign(new Error('odd'), { stack: { at: 'E4' } }), /odd.*E4/],
    ['rules with a BigInt', new InvalidEventError('odd', [{ field: 1n, rule: circular } as never]), /1n.*E1/],
    [
      'rules of another library',
      Object.assign(new Error('odd'), { violations: ['E5', null, { path: 'E6' }] }),
      /E5.*E6/,
    ],
    ['rules that are no list', Object.assign(new Error('odd'), { violations: circular }), /odd/],
    ['errors of any kind', new AggregateError([circular, 5n, undefined], 'odd'), /odd.*E1.*5n/],
    ['getters that throw', new Hidden(), /cannot be described/],
    ['a proxy that throws', hostile, /cannot be described/],
  ])('can be made of %s', (_, thrown, expected) => {
    const described = describeError(thrown);
    expect(JSON.stringify(described)).toMatch(expected);
    for (const text of [described.name, described.message, nameError(thrown).message])
      expect(typeof text).toBe('string');
  });
});
