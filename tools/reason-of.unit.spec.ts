import { expect, it } from '@jest/globals';
import { reasonOf } from './reason-of.js';

it('The reason is the message of the innermost cause', () => {
  const error = new Error('fetch failed', { cause: new Error('outer', { cause: new Error('refused') }) });
  expect(reasonOf(error)).toBe('refused');
});

it('The reason of an error without a message is its code', () => {
  expect(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
});

it('The reason of a timeout is its message without its name', async () => {
  const signal = AbortSignal.timeout(1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  expect(reasonOf(signal.reason)).toBe('The operation was aborted due to timeout');
});

it('The reason of a thrown value is its text', () => {
  expect(reasonOf('no route')).toBe('no route');
});
