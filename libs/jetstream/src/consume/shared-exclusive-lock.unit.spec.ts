import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SharedExclusiveLock } from './shared-exclusive-lock.js';

let lock: SharedExclusiveLock;
let log: string[];

/** Work that ends when it is told to. */
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

describe('Work that must be alone', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    lock = new SharedExclusiveLock();
    log = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for what runs, and what comes after it waits for it', async () => {
    const [first, suspect, later] = [work('first'), work('suspect'), work('later')];
    void lock.runShared(first.begin);
    void lock.runExclusive(suspect.begin);
    void lock.runShared(later.begin);
    await jest.advanceTimersByTimeAsync(100);
    expect(log).toEqual(['first begins']);

    first.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['first begins', 'first ends', 'suspect begins']);

    suspect.end();
    await jest.advanceTimersByTimeAsync(0);
    expect(log.slice(3)).toEqual(['suspect ends', 'later begins']);
    later.end();
  });

  it('comes one at a time', async () => {
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

  it('waits 10 s for what hangs, and holds others up for 30 s at most', async () => {
    const [hanging, suspect, later] = [work('hanging'), work('suspect'), work('later')];
    void lock.runShared(hanging.begin);
    void lock.runExclusive(suspect.begin);
    void lock.runShared(later.begin);
    await jest.advanceTimersByTimeAsync(9_999);
    expect(log).toEqual(['hanging begins']);
    await jest.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['hanging begins', 'suspect begins']);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(log).toEqual(['hanging begins', 'suspect begins', 'later begins']);
    for (const { end } of [hanging, suspect, later]) end();
  });

  it('lets others go on where it fails', async () => {
    const failing = lock.runExclusive(() => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await lock.runShared(() => Promise.resolve('done'))).toBe('done');
  });
});
