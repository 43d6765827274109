import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

describe('redacting', () => {
  it.each([
    ['connect to postgres://ann:s3cret@db.example:5432/app failed', 's3cret'],
    ['smtp://user:p%40ss@mail.example:25', 'p%40ss'],
    ['nats://t0k3n@nats.example', 't0k3n'],
    ['sent Authorization: Bearer eyJhbGciOi.abc-def_1', 'eyJhbGciOi'],
    ['{"headers":{"authorization":"Basic QUM6c2VjcmV0"}}', 'QUM6c2VjcmV0'],
    ['login failed: password=hunter22; user=ann', 'hunter22'],
    ['{"apiKey": "abc123456", "x": 1}', 'abc123456'],
    ['TWILIO_AUTH_TOKEN: 0123456789abcdef', '0123456789abcdef'],
  ])('hides the credential in %j', (text, credential) => {
    expect(redact(text)).not.toContain(credential);
    expect(redact(text)).toContain('***');
  });

  it('takes no longer for text that almost looks like a credential', () => {
    const begun = Date.now();
    for (const text of ['x', 'x:', '://', 'a://b', 'token', 'password=', 'Basic '])
      redact(text.repeat(20_000));
    expect(Date.now() - begun).toBeLessThan(1_000);
  });

  it('leaves the rest readable', () => {
    expect(redact('connect to postgres://ann:s3cret@db.example:5432/app failed')).toBe(
      'connect to postgres://***@db.example:5432/app failed',
    );
    for (const text of [
      '550 5.1.1 no such user <ada@example.com>',
      'see https://example.com/a@b and mailto:ada@example.com',
      'Unexpected token } in JSON at position 7',
      'the token was refused',
    ]) {
      expect(redact(text)).toBe(text);
    }
  });
});
