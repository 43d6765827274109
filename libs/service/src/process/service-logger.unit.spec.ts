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

  it.each(['development', 'production'] as const)('tells no personal data of an error, in %s', (nodeEnv) => {
    logger(nodeEnv).error('refused <ada@example.com>', 'HTTP');
    logger(nodeEnv).warn('no such number: +14155550123');
    logger(nodeEnv).error('POST /signups answered 500', failed.stack, 'HTTP');
    logger(nodeEnv).fatal('ended by an error that nobody caught', failed);
    logger(nodeEnv).error(failed);
    logger(nodeEnv).error(new Error('not written', { cause: failed }));
    jest.restoreAllMocks();

    expect(written).not.toMatch(/Lovelace|ada@|4155550123/);
    expect(written).toContain('<a**@example.com>');
    expect(written).toContain('+1415*****23');
    expect(written.match(/violates unique constraint/g)!.length).toBeGreaterThanOrEqual(3);
    expect(written).toContain('service-logger.unit.spec');
  });

  it('lets nothing in a text command the terminal, and keeps the lines of a stack', () => {
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
