import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DrizzleQueryError } from 'drizzle-orm';
import { ServiceLogger } from './service-logger.js';

const refused = Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), {
  query: 'insert into users values ($1)',
  params: ['Ada Lovelace'],
});
const failed = new DrizzleQueryError('insert into users values ($1)', ['Ada Lovelace'], refused);

describe('the log of a service', () => {
  let written = '';

  beforeEach(() => {
    written = '';
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        written += String(text);
        return true;
      });
  });
  afterEach(() => void jest.restoreAllMocks());

  const logger = (nodeEnv: 'development' | 'production') => new ServiceLogger({ nodeEnv, logLevel: 'log' });

  it.each(['development', 'production'] as const)('has no personal data of an error, in %s', (nodeEnv) => {
    logger(nodeEnv).error('refused <ada@example.com>', 'HTTP');
    logger(nodeEnv).warn('no such number: +14155550123');
    logger(nodeEnv).error('POST /signups answered 500', failed.stack, 'HTTP');
    logger(nodeEnv).fatal('ended by an uncaught error', failed);
    logger(nodeEnv).error(failed);
    logger(nodeEnv).error(new Error('not written', { cause: failed }));
    jest.restoreAllMocks();

    expect(written).not.toMatch(/Lovelace|ada@|4155550123/);
    expect(written).toContain('<a**@example.com>');
    expect(written).toContain('+1415*****23');
    expect(written.match(/violates unique constraint/g)!.length).toBeGreaterThanOrEqual(3);
    expect(written).toContain('service-logger.unit.spec');
  });

  it.each(['development', 'production'] as const)('has no personal data of an object, in %s', (nodeEnv) => {
    const log = logger(nodeEnv);
    const circular: Record<string, unknown> = { to: 'ada@example.com' };
    circular['self'] = circular;
    log.error({ err: failed });
    log.error('it failed', { err: failed });
    log.error('it failed', { jobs: [{ reason: new Error('outer', { cause: failed }) }] }, 'HTTP');
    log.warn(new Map([['to', 'ada@example.com']]));
    log.warn(new Set([{ 'ada@example.com': Buffer.from('Lovelace') }]));
    log.log('sent to', 'ada@example.com');
    log.log(() => ['to ada@example.com', circular]);
    log.log({ password: 'Lovelace', headers: { cookie: 'Lovelace' }, url: new URL('http://a:Lovelace@b') });
    jest.restoreAllMocks();

    expect(written).not.toMatch(/Lovelace|4c 6f 76 65|76,111|ada@/);
    expect(written.match(/violates unique constraint/g)!.length).toBeGreaterThanOrEqual(3);
    expect(written.match(/a\*\*@example\.com/g)!.length).toBeGreaterThanOrEqual(5);
    expect(written).toContain('service-logger.unit.spec');
  });

  it('contains the fields of the logged value in JSON', () => {
    const order = { id: 'order-1', at: new Date(0), lines: [{ count: 2, paid: true, note: undefined }] };
    logger('production').log('placed', { order }, 'Orders');
    jest.restoreAllMocks();

    expect(JSON.parse(written)).toMatchObject({
      message: 'placed',
      context: 'Orders',
      params: { order: { id: 'order-1', at: '1970-01-01T00:00:00.000Z', lines: [{ count: 2, paid: true }] } },
    });
  });

  it('continues if a value cannot be read, or is endless', () => {
    const hostile = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    type Nested = { next?: Nested };
    let deep: Nested = {};
    for (let depth = 0; depth < 100_000; depth++) deep = { next: deep };
    const wide = Array.from({ length: 30 }, (): unknown[] => []);
    for (const each of wide) each.push(...wide);
    for (const nodeEnv of ['development', 'production'] as const)
      for (const value of [hostile, deep, wide]) logger(nodeEnv).warn('odd', { value });
    jest.restoreAllMocks();

    expect(written.match(/odd/g)).toHaveLength(6);
  });

  it('shows the parts of an AggregateError', () => {
    logger('development').error(new AggregateError([new Error('no route'), failed], 'no server left'));
    jest.restoreAllMocks();

    expect(written).toMatch(
      /AggregateError: no server left\n(.*\n)*- Error: no route\n- Error: duplicate key value violates/,
    );
    expect(written).not.toContain('Lovelace');
  });

  it('lets no text control the terminal, and keeps the lines of a stack', () => {
    logger('development').error(
      'order \u001b[2J declined',
      'Error: x\u0007\n    at a (b.ts:3:14)',
      'billing',
    );
    logger('development').log('listening\u001b[31m on \u009b31m', 'Service');
    jest.restoreAllMocks();

    // eslint-disable-next-line no-control-regex
    expect(written).not.toMatch(/[\u0007\u001b\u009b]/);
    expect(written).toContain('order \\u001b[2J declined');
    expect(written).toContain('Error: x\\u0007\n    at a (b.ts:3:14)\n');
  });
});
