import { describe, expect, it } from '@jest/globals';
import { displayName } from './display-name.js';

describe('displayName', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ["Miles O'Brien & <Sons>", "Miles O'Brien & <Sons>"],
    ['  José   Ñúñez ', 'José Ñúñez'],
    ['علی\u200cرضا', 'علی\u200cرضا'],
    ['👩\u200d🚀 山田', '👩\u200d🚀 山田'],
    ['J.R.R. Tolkien', 'J. R. R. Tolkien'],
  ])('keeps %j readable', (typed, shown) => {
    expect(displayName(typed)).toBe(shown);
  });

  it.each([
    ['http://evil.example', 'http: / / evil. example'],
    ['click www.evil.example/x?y=1 now', 'click www. evil. example/ x?y=1 now'],
    ['evil。example', 'evil。 example'],
    ['eve@evil.example', 'eve@ evil. example'],
    ['mailto:eve', 'mailto: eve'],
    ['evil.\u200bexample', 'evil. \u200bexample'],
  ])('leaves no link in %j', (typed, shown) => {
    expect(displayName(typed)).toBe(shown);
  });

  it.each([
    ['Ada\r\nBcc: eve@example.com', 'Ada Bcc: eve@ example. com'],
    ['Ada\u2028Lovelace\u0085!', 'Ada Lovelace !'],
    ['Ada\u0000\u001b[31m', 'Ada [31m'],
    ['\u202egpj.exe', 'gpj. exe'],
    ['=?utf-8?q?=0d=0aBcc?=', '= ?utf-8?q?=0d=0aBcc?='],
    [' \r\n\t ', ''],
  ])('makes one plain line of %j', (typed, shown) => {
    expect(displayName(typed)).toBe(shown);
  });
});
