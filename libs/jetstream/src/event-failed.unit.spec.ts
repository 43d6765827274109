import { describe, expect, it } from '@jest/globals';
import { InvalidEventError } from './errors.js';
import { decodeBody, describeError, encodeBody, encodeFailure, EventFailed } from './event-failed.js';

const failure = new EventFailed({
  processor: 'notifier',
  reason: 'unrecoverable',
  attempts: 1,
  firstAttemptAt: '2026-01-01T00:00:00.000Z',
  lastAttemptAt: '2026-01-01T00:00:00.000Z',
  error: { name: 'Error', message: 'x' },
  original: {
    stream: 'EVENTS',
    sequence: 7,
    subject: 'events.user.signed-up',
    eventId: 'e-1',
    headers: { 'x-large': ['h'.repeat(500)] },
    size: 1_000,
    body: { encoding: 'utf-8', data: 'b'.repeat(1_000) },
  },
});
const decoded = (limit: number) =>
  JSON.parse(Buffer.from(encodeFailure(failure, limit)).toString()) as EventFailed;

describe('a failure event', () => {
  it('keeps text as text and every other body byte for byte', () => {
    expect(encodeBody(Buffer.from('{"name":"Zoë"}'))).toEqual({ encoding: 'utf-8', data: '{"name":"Zoë"}' });
    expect(encodeBody(Buffer.from('\ufeff{}'))).toEqual({ encoding: 'utf-8', data: '\ufeff{}' });
    const bytes = Uint8Array.of(0, 0xff, 0x80, 0x7b);
    const body = encodeBody(bytes);
    expect(body.encoding).toBe('base64');
    expect(decodeBody(body)).toEqual(Buffer.from(bytes));
  });

  it('names the stored original where it has no room for its body, or not even for its headers', () => {
    expect(decoded(10_000).original).toEqual(failure.original);
    expect(decoded(1_000).original).toMatchObject({
      stream: 'EVENTS',
      sequence: 7,
      headers: failure.original.headers,
    });
    expect(decoded(1_000).original.body).toBeUndefined();
    expect(decoded(500).original).toEqual({
      stream: 'EVENTS',
      sequence: 7,
      subject: 'events.user.signed-up',
      eventId: 'e-1',
      size: 1_000,
    });
  });

  it('describes an error with its class, causes and broken rules, and cuts what is endless', () => {
    class GatewayError extends Error {}
    const violations = [{ field: 'a', rule: 'isInt', message: 'a must be an integer' }];
    const error = new GatewayError('x'.repeat(10_000), { cause: new InvalidEventError('inner', violations) });
    const described = describeError(error);
    expect(described).toMatchObject({
      name: 'GatewayError',
      cause: { name: 'InvalidEventError', message: 'inner', violations },
    });
    expect(Buffer.byteLength(described.message)).toBeLessThanOrEqual(8_192);
    expect(Buffer.byteLength(describeError(new Error('é'.repeat(9_000))).message)).toBeLessThanOrEqual(8_192);
    expect(describeError('just text')).toEqual({ name: 'string', message: 'just text' });
  });

  it('never carries a credential', () => {
    const cause = new Error('connect to postgres://ann:s3cret@db:5432 failed');
    const described = describeError(new Error('login failed: password=hunter22', { cause }));
    expect(JSON.stringify(described)).not.toMatch(/s3cret|hunter22/);
  });

  it('takes base64 for text that JSON would swell more', () => {
    const quotes = Buffer.from('"'.repeat(10_000));
    const body = encodeBody(quotes);
    expect(body.encoding).toBe('base64');
    expect(decodeBody(body)).toEqual(quotes);
  });

  it('ends the description of errors that cause each other', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    expect(JSON.stringify(describeError(first)).length).toBeGreaterThan(0);
  });
});
