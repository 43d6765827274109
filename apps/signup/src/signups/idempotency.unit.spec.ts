import { BrokenRulesException } from '@cascade/service';
import { describe, expect, it } from '@jest/globals';
import { readIdempotencyKey, requestHash } from './idempotency.js';

describe('readIdempotencyKey', () => {
  it.each([undefined, 'a', '8e03978e-40d5-43dd-bc93-6894a57f9324', 'with space ~!', 'x'.repeat(255)])(
    'accepts %j',
    (header) => {
      expect(readIdempotencyKey(header)).toBe(header);
    },
  );

  it.each(['', 'x'.repeat(256), 'tab\t', 'zoë', 'a\u007f'])('refuses %j', (header) => {
    expect(() => readIdempotencyKey(header)).toThrow(BrokenRulesException);
  });
});

describe('requestHash', () => {
  const ada = { email: 'ada@example.com', name: 'Ada', locale: 'en' };

  it('is the same for the same request, in any order of its fields', () => {
    expect(requestHash({ locale: 'en', name: 'Ada', email: 'ada@example.com' })).toBe(requestHash(ada));
    expect(requestHash({ ...ada, phone: undefined })).toBe(requestHash(ada));
  });

  it.each([
    { ...ada, email: 'Ada@example.com' },
    { ...ada, name: 'ada' },
    { ...ada, locale: 'de' },
    { ...ada, phone: '+14155550123' },
    { email: 'ada@example.com","Ada', name: '', locale: 'en' },
  ])('differs for %j', (other) => {
    expect(requestHash(other)).not.toBe(requestHash(ada));
  });
});
