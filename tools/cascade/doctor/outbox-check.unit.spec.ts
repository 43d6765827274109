import { describe, expect, it } from '@jest/globals';
import type { ShownOutbox } from '../outbox/outboxes.js';
import { findingsOf } from './outbox-check.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const outboxOf = (content: Partial<ShownOutbox>): ShownOutbox => ({
  app: 'signup',
  waiting: 0,
  setAside: 0,
  setAsideEvents: [],
  ...content,
});
const waitingSince = (addedAt: string, error?: string) =>
  outboxOf({
    waiting: 1_234,
    oldest: { id: 'id', event: 'user.signed-up', addedAt, attempts: 3, ...(error ? { error } : {}) },
  });

describe('The check of an outbox', () => {
  it('accepts events that have waited for a short time', () => {
    expect(findingsOf(waitingSince('2026-11-23T11:59:55Z'), NOW)).toEqual([
      { about: 'outbox', level: 'ok', says: 'signup: no event waits for long, and none is set aside' },
    ]);
  });

  it('finds events that have waited for more than 10 s, with the reason', () => {
    const [finding] = findingsOf(waitingSince('2026-11-23T11:59:45Z', 'full\u001b[31m'), NOW);
    expect(finding).toMatchObject({
      level: 'fault',
      says: 'signup: 1,234 events waiting, the oldest since 2026-11-23T11:59:45Z (full [31m)',
    });
  });

  it('finds events that are set aside', () => {
    expect(findingsOf(outboxOf({ setAside: 1 }), NOW)).toMatchObject([
      {
        level: 'fault',
        says: 'signup: 1 event set aside because the broker refused them permanently',
        remedy: expect.stringContaining('node cascade outbox'),
      },
    ]);
  });
});
