import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CircuitBreaker } from './circuit-breaker.js';

const policy = { failures: 3, within: 1_000, firstProbe: 100, maxProbe: 300 };
const concurrency = 4;
const error = new Error('down');

describe('the pause of a processor', () => {
  let events: string[];
  let pause: CircuitBreaker;

  beforeEach(() => {
    jest.useFakeTimers();
    events = [];
    pause = new CircuitBreaker(policy, concurrency, {
      paused: () => events.push('paused'),
      probing: (count, from) => events.push(`${count} from ${from}`),
      resumed: () => events.push('resumed'),
    });
  });
  afterEach(() => {
    pause.stop();
    jest.useRealTimers();
  });

  const fail = (...ids: string[]) => ids.map((id) => pause.failedWith(id, error));
  const enter = (count: number) => Array.from({ length: count }, () => pause.admit());

  it('comes after a run of failures of different events', () => {
    expect(fail('a', 'b', 'c')).toEqual([true, true, true]);
    expect(events).toEqual(['paused']);
  });

  it('does not come from one event that fails again and again', () => {
    fail('a', 'a', 'a', 'a', 'b');
    expect(events).toEqual([]);
  });

  it('does not come where something succeeds in between, or time passes', () => {
    fail('a', 'b');
    pause.succeeded('z');
    fail('c', 'd');
    jest.advanceTimersByTime(1_001);
    fail('e', 'f');
    expect(events).toEqual([]);
  });

  it('lets one event in as a probe, and goes on when it succeeds', () => {
    fail('a', 'b', 'c');
    expect(enter(2)).toEqual(['rejected', 'rejected']);
    jest.advanceTimersByTime(100);
    expect(enter(2)).toEqual(['probe', 'rejected']);
    pause.succeeded('d');
    expect(enter(2)).toEqual(['normal', 'normal']);
    expect(events).toEqual(['paused', '1 from channel', 'resumed']);
    jest.advanceTimersByTime(10_000);
    expect(events).toHaveLength(3);
  });

  it('tries twice as many each time up to the concurrency, then less and less often', () => {
    fail('a', 'b', 'c');
    for (const [delay, width] of [
      [100, 1],
      [100, 2],
      [100, 4],
      [200, 4],
      [300, 4],
      [300, 4],
    ] as const) {
      jest.advanceTimersByTime(delay - 1);
      expect(pause.admit()).toBe('rejected');
      jest.advanceTimersByTime(1);
      expect(enter(width + 1)).toEqual([...Array<string>(width).fill('probe'), 'rejected']);
    }
  });

  it('does not wait for the answer of a probe, which may hang', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(100);
    expect(pause.admit()).toBe('probe');
    jest.advanceTimersByTime(100);
    expect(pause.admit()).toBe('probe');
    pause.succeeded('b');
    expect(events.at(-1)).toBe('resumed');
  });

  it('gives the events of the channel a head start over those that were put back', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(149);
    expect(events).toEqual(['paused', '1 from channel']);
    jest.advanceTimersByTime(1);
    expect(events).toEqual(['paused', '1 from channel', '1 from anywhere']);
    jest.advanceTimersByTime(50);
    expect(enter(2)).toEqual(['probe', 'probe']);
    jest.advanceTimersByTime(50);
    // Every probe came: none is left to come from elsewhere.
    expect(events.slice(3)).toEqual(['2 from channel']);
  });

  it('uses up no attempt', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(130);
    expect(fail('d', 'e', 'f', 'g')).toEqual([false, false, false, false]);
    pause.succeeded('h');
    expect(fail('i')).toEqual([true]);
  });

  it('tries another one at once where the probe itself was a bad event', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(100);
    pause.inconclusive(pause.admit());
    expect(events).toEqual(['paused', '1 from channel', '1 from channel']);
    expect(enter(2)).toEqual(['probe', 'rejected']);
    pause.inconclusive('rejected');
    expect(pause.admit()).toBe('rejected');
  });

  it('lets those that must wait here know of each round, and of the end', async () => {
    fail('a', 'b', 'c');
    const round = pause.waitForAdmission();
    await jest.advanceTimersByTimeAsync(100);
    expect(await round).toBe(true);
    const end = pause.waitForAdmission();
    pause.succeeded('d');
    expect(await end).toBe(true);
    expect(await pause.waitForAdmission()).toBe(true);
  });

  it('lets nothing in once the service stops', async () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(100);
    const waiting = pause.waitForAdmission();
    pause.stop();
    expect(await waiting).toBe(false);
    expect(await pause.waitForAdmission()).toBe(false);
    expect(pause.admit()).toBe('rejected');
    jest.advanceTimersByTime(10_000);
    expect(pause.admit()).toBe('rejected');
  });

  it('does not begin once the service stops', () => {
    pause.stop();
    fail('a', 'b', 'c');
    expect(events).toEqual([]);
    expect(pause.admit()).toBe('normal');
  });

  describe('at an outage', () => {
    it('comes at the first sign, which uses up no attempt', () => {
      expect(pause.metOutage('a', error)).toBe(false);
      expect(events).toEqual(['paused']);
      jest.advanceTimersByTime(100);
      pause.admit();
      expect(pause.metOutage('a', error)).toBe(false);
      expect(pause.metOutage('b', error)).toBe(false);
    });

    it('does not come from an event that meets it again although others have succeeded: its attempt counts', () => {
      pause.metOutage('a', error);
      pause.succeeded('b');
      expect(pause.metOutage('a', error)).toBe(true);
      expect(pause.metOutage('a', error)).toBe(true);
      expect(events).toEqual(['paused', 'resumed']);
      expect(pause.admit()).toBe('normal');
    });

    it('is not ended by what began before it and succeeds, and no attempt is used up after that either', () => {
      const [before] = enter(1);
      pause.metOutage('a', error);
      pause.succeeded('b', before);
      expect(events).toEqual(['paused']);
      jest.advanceTimersByTime(100);
      const [probe] = enter(1);
      expect(pause.metOutage('a', error)).toBe(false);
      pause.succeeded('c', probe);
      expect(events).toEqual(['paused', '1 from channel', 'resumed']);
    });

    it('comes again from another event, and from one that had succeeded in the meantime', () => {
      pause.metOutage('a', error);
      pause.succeeded('a');
      pause.succeeded('b');
      expect(pause.metOutage('a', error)).toBe(false);
      pause.succeeded('b');
      expect(pause.metOutage('c', error)).toBe(false);
      expect(events).toEqual(['paused', 'resumed', 'paused', 'resumed', 'paused']);
    });

    it('uses up no attempt of an event that had met one before, while the processor is paused', () => {
      pause.metOutage('a', error);
      pause.succeeded('b');
      pause.metOutage('c', error);
      expect(pause.metOutage('a', error)).toBe(false);
    });
  });
});
