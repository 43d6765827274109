import { describe, expect, it } from '@jest/globals';
import { welcomeText } from './welcome-text.js';

describe('welcomeText', () => {
  it('greets by name', () => {
    expect(welcomeText('Ada')).toBe('Hello Ada, welcome to Cascade.');
  });

  it.each(['Ada\r\nLovelace', 'x'.repeat(100), '\n', '👩‍🚀'.repeat(50), 'http://evil.example/'.repeat(5)])(
    'is one short line without links for %j',
    (name) => {
      const text = welcomeText(name);

      expect(text.length).toBeLessThanOrEqual(160);
      expect(text).not.toMatch(/[\r\n]|:\/\/|evil\.example/);
    },
  );

  it('leaves out a name that is too long', () => {
    expect(welcomeText('x'.repeat(41))).toBe('Hello, welcome to Cascade.');
  });
});
