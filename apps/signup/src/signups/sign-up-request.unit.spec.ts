import { UserSignedUp } from '@app/contracts';
import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { SignUpRequest } from './sign-up-request.js';

const ADA = { email: 'ada@example.com', name: 'Ada' };

/** Returns every rule that the body breaks, in the form `field.rule`. */
function brokenRules(body: object): string[] {
  return validateSync(plainToInstance(SignUpRequest, body))
    .flatMap(({ property, constraints }) =>
      Object.keys(constraints ?? {}).map((rule) => `${property}.${rule}`),
    )
    .sort();
}

describe('SignUpRequest', () => {
  it.each([
    ADA,
    { ...ADA, phone: '+14155550123', locale: 'de-CH' },
    { ...ADA, name: 'x'.repeat(100) },
    { ...ADA, name: 'Zoë 李 O’Neil-Źółć 👩‍🚀' },
    { ...ADA, email: `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.org` },
    { ...ADA, locale: 'zh-Hant-TW' },
  ])('accepts %j, and the event accepts it too', (body) => {
    const request = plainToInstance(SignUpRequest, body);
    expect(validateSync(request)).toEqual([]);
    const userId = '0197d5bb-3c5e-7c58-b0a5-6f3b1c8e2a11';
    expect(
      validateSync(new UserSignedUp({ userId, ...request, signedUpAt: '2026-01-01T00:00:00Z' })),
    ).toEqual([]);
  });

  it('uses English as the default', () => {
    expect(plainToInstance(SignUpRequest, ADA).locale).toBe('en');
  });

  it('breaks every rule of the required fields if it is empty', () => {
    expect(brokenRules({})).toEqual([
      'email.isEmail',
      'email.isPlainText',
      'email.maxLength',
      'name.isLength',
      'name.isNotBlank',
      'name.isPlainText',
      'name.isString',
    ]);
  });

  it.each([
    [{ email: 'ada' }, 'email.isEmail'],
    [{ email: ' ada@example.com' }, 'email.isEmail'],
    [{ email: '"a\nb"@example.com' }, 'email.isPlainText'],
    [
      { email: `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}.org` },
      'email.maxLength',
    ],
    [{ email: 7 }, 'email.isEmail'],
    [{ email: ['ada@example.com'] }, 'email.isEmail'],
    [{ name: '' }, 'name.isLength'],
    [{ name: 'x'.repeat(101) }, 'name.isLength'],
    [{ name: ' \t ' }, 'name.isNotBlank'],
    [{ name: '\u200b' }, 'name.isNotBlank'],
    [{ name: 'Ada\r\nBcc: eve@example.com' }, 'name.isPlainText'],
    [{ name: 'Ada\u0000' }, 'name.isPlainText'],
    [{ name: 'Ada\ud800' }, 'name.isPlainText'],
    [{ name: { first: 'Ada' } }, 'name.isString'],
    [{ phone: '0041791234567' }, 'phone.matches'],
    [{ phone: '+0123456789' }, 'phone.matches'],
    [{ phone: '+123456' }, 'phone.matches'],
    [{ phone: '+1234567890123456' }, 'phone.matches'],
    [{ phone: '+14155550123\n' }, 'phone.matches'],
    [{ phone: null }, 'phone.matches'],
    [{ phone: 14155550123 }, 'phone.matches'],
    [{ locale: 'english' + '-'.repeat(2) }, 'locale.isLanguageTag'],
    [{ locale: 'en_US' }, 'locale.isLanguageTag'],
    [{ locale: null }, 'locale.isLanguageTag'],
    [
      { locale: `en-x-${'a'.repeat(8)}-${'b'.repeat(8)}-${'c'.repeat(8)}-${'d'.repeat(8)}` },
      'locale.maxLength',
    ],
  ])('refuses %j', (fields, rule) => {
    expect(brokenRules({ ...ADA, ...fields })).toContain(rule);
  });
});
