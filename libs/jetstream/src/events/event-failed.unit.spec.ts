import { describe, expect, it } from '@jest/globals';
import { decodeBody, encodeBody, encodeFailure, EventFailed } from './event-failed.js';

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
  it('keeps text as text, and any other body byte by byte', () => {
    expect(encodeBody(Buffer.from('{"name":"Zoë"}'))).toEqual({ encoding: 'utf-8', data: '{"name":"Zoë"}' });
    expect(encodeBody(Buffer.from('\ufeff{}'))).toEqual({ encoding: 'utf-8', data: '\ufeff{}' });
    const bytes = Uint8Array.of(0, 0xff, 0x80, 0x7b);
    const body = encodeBody(bytes);
    expect(body.encoding).toBe('base64');
    expect(decodeBody(body)).toEqual(Buffer.from(bytes));
  });

  it('leaves out the body and then the headers of the original if there is no room', () => {
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

  it('leaves out details of the error if there is no room for them', () => {
    const violation = { field: 'f', rule: 'r', message: 'm'.repeat(100) };
    const large = new EventFailed({
      ...failure,
      error: { name: 'E', message: 'x', stack: 's'.repeat(2_000), violations: Array(200).fill(violation) },
    });
    const errorWithin = (limit: number) => {
      const bytes = encodeFailure(large, limit);
      expect(bytes.length).toBeLessThanOrEqual(limit);
      return (JSON.parse(Buffer.from(bytes).toString()) as EventFailed).error;
    };
    expect(errorWithin(100_000).violations).toHaveLength(200);
    expect(errorWithin(1_000)).toEqual({ name: 'E', message: 'x' });
  });

  it('uses base64 for text that JSON would make larger', () => {
    const quotes = Buffer.from('"'.repeat(10_000));
    const body = encodeBody(quotes);
    expect(body.encoding).toBe('base64');
    expect(decodeBody(body)).toEqual(quotes);
  });
});
