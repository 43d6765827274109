import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SharedExclusiveLock } from './shared-exclusive-lock.js';

let lock: SharedExclusiveLock;
let log: string[];

/** Returns work that ends when the spec calls `end`. */
function work(name: string): { begin: () => Promise<void>; end: () => void } {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const begin = async () => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
  };
  return { begin, end };
}

describe('exclusive work', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    lock = new SharedExclusiveLock();
    log = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for running work, and later work waits for the exclusive work', async () => {
    const [first, exclusive, later] = [work('first'), work('exclusive'), work('later')];
    void lock.runShared(first.begin);
    void lock.runExclusive(exclusive.begin);
    void lock.runShared(later.begin);
    await jest.advanceTimersByTimeAsync(100);
    expect(log).toEqual(['first begins']);

    first.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['first begins', 'first ends', 'exclusive begins']);

    exclusive.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(log.slice(3)).toEqual(['exclusive ends', 'later begins']);
    later.end();
  });

  it('runs only one piece of work at a time', async () => {
    const [one, other] = [work('one'), work('other')];
    void lock.runExclusive(one.begin);
    void lock.runExclusive(other.begin);
    await jest.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['one begins']);

    one.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['one begins', 'one ends', 'other begins']);
    other.end();
  });

  it('waits at most 10 s for work that hangs, and delays other work by at most 30 s', async () => {
    const [hanging, exclusive, later] = [work('hanging'), work('exclusive'), work('later')];
    void lock.runShared(hanging.begin);
    void lock.runExclusive(exclusive.begin);
    void lock.runShared(later.begin);
    await jest.advanceTimersByTimeAsync(9_999);
    expect(log).toEqual(['hanging begins']);
    await jest.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['hanging begins', 'exclusive begins']);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(log).toEqual(['hanging begins', 'exclusive begins', 'later begins']);
    for (const { end } of [hanging, exclusive, later]) end();
  });

  it('keeps the lock when earlier exclusive work ends after its timeout', async () => {
    const [late, exclusive, later] = [work('late'), work('exclusive'), work('later')];
    void lock.runExclusive(late.begin);
    void lock.runExclusive(exclusive.begin);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(log).toEqual(['late begins', 'exclusive begins']);

    late.end();
    await jest.advanceTimersByTimeAsync(0);
    void lock.runShared(later.begin);
    await jest.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['late begins', 'exclusive begins', 'late ends']);
    for (const { end } of [exclusive, later]) end();
  });

  it('releases the lock if it fails', async () => {
    const failing = lock.runExclusive(() => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await lock.runShared(() => Promise.resolve('done'))).toBe('done');
  });
});
