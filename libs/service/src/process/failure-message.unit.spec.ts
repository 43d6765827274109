import { describe, expect, it } from '@jest/globals';
import { failureMessage } from './failure-message.js';

class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';
}

describe('failureMessage', () => {
  it('is only the message if the error explains what to do', () => {
    expect(failureMessage(new StoreLockedError('The database is open elsewhere.'))).toBe(
      'The database is open elsewhere.',
    );
    expect(failureMessage(Object.assign(new Error('listen EACCES'), { code: 'EACCES' }))).toBe(
      'listen EACCES',
    );
    expect(failureMessage(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toContain(
      'ECONNREFUSED',
    );
  });

  it('has the stack and the cause of a mistake in the code', () => {
    const text = failureMessage(new TypeError('x is not a function', { cause: new Error('deeper') }));
    expect(text).toContain('TypeError: x is not a function');
    expect(text).toContain('failure-message.unit.spec');
    expect(text).toContain('deeper');
  });

  it('handles a value that is not an error', () => {
    expect(failureMessage({ reason: 'odd' })).toContain('odd');
  });
});
