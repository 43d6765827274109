import { describe, expect, it } from '@jest/globals';
import { maskEmail, maskPhone } from './mask.js';

describe('maskEmail', () => {
  it.each([
    ['ada@example.com', 'a**@example.com'],
    ['augusta.ada.king.countess@example.com', 'a**@example.com'],
    ['ab@example.com', 'a**@example.com'],
    ['a@example.com', '**@example.com'],
    ['😀x@example.com', '😀**@example.com'],
    ['"a@b"@example.com', '"**@example.com'],
    ['ada', 'a**'],
    ['', '**'],
  ])('masks %s as %s', (address, masked) => {
    expect(maskEmail(address)).toBe(masked);
  });
});

describe('maskPhone', () => {
  it.each([
    ['+14155550123', '+1415*****23'],
    ['+491701234567890', '+4917*********90'],
    ['+1234567', '+*****67'],
    ['+12345678', '+1*****78'],
  ])('masks %s as %s', (phone, masked) => {
    expect(maskPhone(phone)).toBe(masked);
  });

  it('hides five digits or more of any E.164 number', () => {
    for (let digits = 7; digits <= 15; digits += 1) {
      const masked = maskPhone(`+${'1234567890123456'.slice(0, digits)}`);

      expect(masked).toHaveLength(digits + 1);
      expect(masked.split('*').length - 1).toBeGreaterThanOrEqual(5);
    }
  });
});
