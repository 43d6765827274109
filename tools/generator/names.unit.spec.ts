import { expect, it } from '@jest/globals';
import { camelCase, kebabCase, pascalCase } from './names.js';

it.each([
  ['welcome-coupon', 'WelcomeCoupon', 'welcomeCoupon'],
  ['user.signed-up', 'UserSignedUp', 'userSignedUp'],
  ['x', 'X', 'x'],
])('%s is the class %s and the field %s', (name, pascal, camel) => {
  expect(pascalCase(name)).toBe(pascal);
  expect(camelCase(name)).toBe(camel);
});

it.each([
  ['WelcomeCoupon', 'welcome-coupon'],
  ['welcome_coupon', 'welcome-coupon'],
  [' Welcome  coupon! ', 'welcome-coupon'],
  ['Coupon.Issued', 'coupon.issued'],
  ['2fast', 'fast'],
])('%j may mean %s', (text, meant) => {
  expect(kebabCase(text)).toBe(meant);
});
