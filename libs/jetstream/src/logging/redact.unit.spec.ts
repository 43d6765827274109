import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

/** Matches a part of every credential in the cases below. */
const CREDENTIAL = /hunter|ter2|s3cret|QUM6c2VjcmV0|AGJvYg/;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';

describe('redacting', () => {
  it.each([
    // In URLs, even if the password is not encoded.
    [
      'connect to postgres://ann:s3cret@db.example:5432/app failed',
      'connect to postgres://***@db.example:5432/app failed',
    ],
    ['smtp://user:p%40hunter2@mail.example:25', 'smtp://***@mail.example:25'],
    ['nats://hunter2@nats.example', 'nats://***@nats.example'],
    ['redis://:hunter2@cache.example', 'redis://***@cache.example'],
    ['postgres://u:p@ss-hunter2@host/db', 'postgres://***@host/db'],
    ['postgres://u:hun/ter2@host/db', 'postgres://***@host/db'],
    ['postgres://u:123/ter2@host/db', 'postgres://***@host/db'],
    ['amqp://u:hun#ter2@host', 'amqp://***@host'],
    ['https://u:hun?ter2@host/a', 'https://***@host/a'],
    ['nats://u:hunter2@a:4222,nats://u:s3cret@b:4222', 'nats://***@a:4222,nats://***@b:4222'],
    ['GET https://x.example/?token=hunter2&page=2', 'GET https://x.example/?token=***&page=2'],
    ['https://x.example/a?X-Amz-Signature=hunter2&x=1', 'https://x.example/a?X-Amz-Signature=***&x=1'],
    ['https://x.example/?next=password%3Dhunter2', 'https://x.example/?next=password%3D***'],
    // In headers.
    [`sent Authorization: Bearer ${JWT}`, 'sent Authorization: ***'],
    ['{"headers":{"authorization":"Basic QUM6c2VjcmV0"}}', '{"headers":{"authorization":"***"}}'],
    ["{ authorization: [ 'Bearer hunter2' ], host: 'x' }", "{ authorization: ***], host: 'x' }"],
    ['Cookie: a=s3cret; b=hunter2', 'Cookie: ***'],
    ['401 for Basic QUM6c2VjcmV0', '401 for Basic ***'],
    // As values of named fields.
    ['login failed: password=hunter22; user=ann', 'login failed: password=***; user=ann'],
    ['Server=db;Uid=ann;Pwd=hunter2;Port=1', 'Server=db;Uid=ann;Pwd=***;Port=1'],
    ['pwd: hunter2', 'pwd: ***'],
    ['password: true-hunter2', 'password: ***'],
    ['{"apiKey": "s3cret", "x": 1}', '{"apiKey": "***", "x": 1}'],
    ['TWILIO_AUTH_TOKEN: s3cret', 'TWILIO_AUTH_TOKEN: ***'],
    ['aws_secret_access_key=hunter2/s3cret', 'aws_secret_access_key=***'],
    ["{ secretAccessKey: 'hunter2', region: 'x' }", "{ secretAccessKey: '***', region: 'x' }"],
    ['client_secret_key=hunter2', 'client_secret_key=***'],
    ['access_key=hunter2', 'access_key=***'],
    [
      '{"body":"{\\"password\\":\\"hunter2\\",\\"x\\":1}"}',
      '{"body":"{\\"password\\":\\"***\\",\\"x\\":1}"}',
    ],
    ['"{\\\\\\"password\\\\\\":\\\\\\"hun ter2\\\\\\"}"', '"{\\\\\\"password\\\\\\":\\\\\\"***\\\\\\"}"'],
    ["password='hun, ter2' user='ann'", "password='***' user='ann'"],
    ['{"password":"hun\\"ter2, s3cret","x":1}', '{"password":"***","x":1}'],
    ['password=hun,ter2', 'password=***'],
    ['password=hun;ter2&s3cret)hunter user=ann', 'password=*** user=ann'],
    ['user=ann,password=hunter2,host=db', 'user=ann,password=***,host=db'],
    ['(password=hunter2)', '(password=***)'],
    ["{ password: { value: 'hunter2' }, x: 1 }", '{ password: ***}, x: 1 }'],
    ['tokens: [ "hunter2", "s3cret" ]', 'tokens: ***]'],
    ["auth: { user: 'ann', pass: 'hunter2' }", 'auth: ***}'],
    ['wrong password "hunter2" for ann', 'wrong password "***" for ann'],
    // On command lines.
    ['psql --password hunter2 -h db', 'psql --password *** -h db'],
    ['tool --db-password=hunter2 -v', 'tool --db-password=*** -v'],
    ['curl -u bob:hunter2 https://x.example', 'curl -u bob:*** https://x.example'],
    ['AUTH PLAIN AGJvYgBodW50ZXIy', 'AUTH PLAIN ***'],
    // In queries.
    [
      'Error: Failed query: select $1\nparams: hunter2,s3cret\n and more\n    at Store.find (store.ts:3:14)',
      'Error: Failed query: select $1\nparams: ***\n    at Store.find (store.ts:3:14)',
    ],
    [
      '{"stack":"Failed query: select $1\\nparams: hunter2"}',
      '{"stack":"Failed query: select $1\\nparams: ***',
    ],
    // Credentials with a known form.
    [`invalid: ${JWT}.`, 'invalid: ***'],
    [`key SU${'A2'.repeat(28)} refused`, 'key *** refused'],
    ['AKIAIOSFODNN7EXAMPLE is unknown', '*** is unknown'],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n\nMIIhunter2\n-----END RSA PRIVATE KEY-----\nbad',
      '-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nbad',
    ],
    ['-----BEGIN USER NKEY SEED-----\nhunter2', '-----BEGIN USER NKEY SEED-----***'],
    ['{"key":"-----BEGIN PRIVATE KEY-----\\nMIIhunter2\\n', '{"key":"-----BEGIN PRIVATE KEY-----***'],
  ])('turns %j into %j, and leaves the result unchanged', (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(text)).not.toMatch(CREDENTIAL);
    expect(redact(expected)).toBe(expected);
  });

  it.each([
    ['550 5.1.1 no such user <ada@example.com>', '550 5.1.1 no such user <a**@example.com>'],
    ['RCPT TO:<Ada.Lovelace+news@mail.example.co.uk> failed', 'RCPT TO:<A**@mail.example.co.uk> failed'],
    ['a@example.com and ab@example.com', '**@example.com and a**@example.com'],
    ['Key (email)=(ada@example.com) already exists.', 'Key (email)=(a**@example.com) already exists.'],
    ['params: ada@example.com,Ada,en', 'params: a**@example.com,Ada,en'],
    ['{"to":"ada@example.com","x":1}', '{"to":"a**@example.com","x":1}'],
    ["to 'ada@example.com', o'brien@example.com", "to 'a**@example.com', o**@example.com"],
    ['mailto:ada@example.com?subject=x', 'mailto:a**@example.com?subject=x'],
    ['email=ada@example.com&x=1', 'email=a**@example.com&x=1'],
    ['GET /users?email=ada%40example.com 404', 'GET /users?email=a**%40example.com 404'],
    ['"ada lovelace"@example.com is refused', '"**@example.com is refused'],
    ['jörg@bücher.example, 😀x@example.com', 'j**@bücher.example, 😀**@example.com'],
    ['user ada@[127.0.0.1] and root@localhost.', 'user a**@[127.0.0.1] and r**@localhost.'],
    ['+14155550123@text.localhost: unknown', '+**@text.localhost: unknown'],
    ["The 'To' number +14155550123 is not valid.", "The 'To' number +1415*****23 is not valid."],
    ['To=%2B14155550123&From=x', 'To=%2B1415*****23&From=x'],
    ['tel:+491701234567890, +1234567', 'tel:+4917*********90, +*****67'],
    ['call +1 (415) 555-0123 now', 'call +1415*****23 now'],
    ['call +49 170 1234567, +44.20.7946.0958', 'call +4917******67, +4420******58'],
  ])('masks %j as %j, and leaves the result unchanged', (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(expected)).toBe(expected);
  });

  it.each([
    'event 01a20732-4821-737c-b2f3-ff56d793eba2 of flow 80ca9652-224a-52b7-aec0-f72b01675463',
    'stored at 1795431799221, 2026-11-23T11:00:50.907748+00:00, 11:00:50 GMT+0100, 2026-11-23 11:00+01:00',
    'connect ECONNREFUSED 127.0.0.1:4222 (nats://127.0.0.1:4222), [::1]:5432, port 14155550123',
    'order 14155550123, EVENTS-4711, sequence 1234567890, version 1.0.0+20130313144700, 1.5e+21',
    '+12 of +345 items, exit code +1, C++ 20',
    'at file:///app/node_modules/@nestjs/core/router.js:1234567:14',
    'at node_modules/.pnpm/@nestjs+core@12.5.1_rxjs@7.8.2/node_modules/x/index.js:3:14',
    'rxjs@7.8.2, typescript@6.0.0-beta.rc, cascade@latest, @cascade/jetstream',
    'see https://example.com/a@b, https://example.com:8080/@scope/pkg',
    'connect ECONNREFUSED 127.0.0.1:4222 (nats://127.0.0.1:4222)',
    'Unexpected token } in JSON at position 7',
    `Unexpected token 'a', "abc" is not valid JSON`,
    'the token was refused, the password must be longer than 8 characters',
    'password: undefined, token: null',
    '{"token":null}',
    '401: basic authentication required, bearer tokens accepted',
    '250-AUTH PLAIN LOGIN CRAM-MD5',
    '535 AUTH PLAIN failed',
    'auth: not configured; author="ann"',
    'secretary: Ada, passenger: Bob, passed: 3, keyboard=us, monkey: 1, tokenizer=x',
    'at Object.<anonymous> (file:///app/libs/jetstream/src/logging/redact.ts:3:14)',
    'duplicate key value violates unique constraint "users_email_key"',
  ])('leaves %j unchanged', (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each([
    'x',
    'x:',
    'a.',
    '-',
    '--',
    '://',
    'a://b',
    'a://b:c',
    'a://b:c/',
    '@',
    'a://@',
    'token',
    'token ',
    'password=',
    'password=,',
    'password="',
    "password='x",
    'password: [',
    'password\\"',
    'password "',
    '\\',
    '\\"',
    '=',
    ' ',
    '"',
    ',',
    ',a',
    'a=',
    '-password ',
    '--a-',
    '-u ',
    '-u a',
    'Basic ',
    'Bearer a',
    'eyJ',
    '-eyJ',
    '.eyJaaaaa',
    'eyJaaaaa.',
    'SG.',
    'AUTH PLAIN ',
    'AUTH PLAIN A',
    'authorization',
    'cookie=',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----END',
    'sig=',
    'secret_key_',
    '\nparams: ',
    'a@',
    '@a.',
    '@[',
    'a@a.',
    'a@b-',
    '"a@',
    '%40',
    'a%40a.',
    '+1',
    '+1 ',
    '+1 2',
    '+(1)',
    '1 ',
    '%2B1',
  ])('takes little time for 200 KB that repeat %j', (part) => {
    for (const head of ['', 'password="', 'postgres://u:', 'password ']) {
      const text = head + part.repeat(Math.ceil(200_000 / part.length));
      const begun = process.cpuUsage();
      redact(text);
      const { user } = process.cpuUsage(begun);
      expect(user / 1_000).toBeLessThan(1_000);
    }
  });
});
