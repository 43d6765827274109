import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { onStopRequest } from './stop-requests.js';

const seen: string[] = [];
let end: () => void;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  seen.length = 0;
  end = onStopRequest({ first: () => seen.push('first'), again: () => seen.push('again') });
});

afterEach(() => {
  end();
  jest.useRealTimers();
});

describe('A request to stop', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is %s', (signal) => {
    process.emit(signal);
    expect(seen).toEqual(['first']);
  });

  it('that arrives twice within a second, as under npm, counts once', () => {
    process.emit('SIGINT');
    jest.advanceTimersByTime(900);
    process.emit('SIGINT');
    expect(seen).toEqual(['first']);
  });

  it('is urgent if it is repeated later', () => {
    process.emit('SIGINT');
    jest.advanceTimersByTime(1_100);
    process.emit('SIGTERM');
    expect(seen).toEqual(['first', 'again']);
  });
});
