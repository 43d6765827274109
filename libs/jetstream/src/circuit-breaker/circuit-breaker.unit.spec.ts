import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CircuitBreaker } from './circuit-breaker.js';

const policy = { failures: 3, within: 1_000, firstProbe: 100, maxProbe: 300 };
const concurrency = 4;
const error = new Error('down');

describe('the circuit breaker of a processor', () => {
  let events: string[];
  let breaker: CircuitBreaker;

  beforeEach(() => {
    jest.useFakeTimers();
    events = [];
    breaker = new CircuitBreaker(policy, concurrency, {
      paused: () => events.push('paused'),
      probing: (count, from) => events.push(`${count} from ${from}`),
      resumed: () => events.push('resumed'),
    });
  });
  afterEach(() => {
    breaker.stop();
    jest.useRealTimers();
  });

  const fail = (...ids: string[]) => ids.map((id) => breaker.failedWith(id, error));
  const admit = (count: number) => Array.from({ length: count }, () => breaker.admit());

  it('pauses after a run of failures of different events', () => {
    expect(fail('a', 'b', 'c')).toEqual([true, true, true]);
    expect(events).toEqual(['paused']);
  });

  it('does not pause because of one event that fails repeatedly', () => {
    fail('a', 'a', 'a', 'a', 'b');
    expect(events).toEqual([]);
  });

  it('does not pause if an event succeeds in between, or time passes', () => {
    fail('a', 'b');
    breaker.succeeded('z');
    fail('c', 'd');
    jest.advanceTimersByTime(1_001);
    fail('e', 'f');
    expect(events).toEqual([]);
  });

  it('admits one event as a probe, and resumes when the probe succeeds', () => {
    fail('a', 'b', 'c');
    expect(admit(2)).toEqual(['rejected', 'rejected']);
    jest.advanceTimersByTime(100);
    expect(admit(2)).toEqual(['probe', 'rejected']);
    breaker.succeeded('d');
    expect(admit(2)).toEqual(['normal', 'normal']);
    expect(events).toEqual(['paused', '1 from channel', 'resumed']);
    jest.advanceTimersByTime(10_000);
    expect(events).toHaveLength(3);
  });

  it('doubles the number of probes each round up to the concurrency, and then the delay between rounds', () => {
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
      expect(breaker.admit()).toBe('rejected');
      jest.advanceTimersByTime(1);
      expect(admit(width + 1)).toEqual([...Array<string>(width).fill('probe'), 'rejected']);
    }
  });

  it('does not wait for the result of a probe, which may hang', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(100);
    expect(breaker.admit()).toBe('probe');
    jest.advanceTimersByTime(100);
    expect(breaker.admit()).toBe('probe');
    breaker.succeeded('b');
    expect(events.at(-1)).toBe('resumed');
  });

  it('gives the events of the channel a head start over retries and replays', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(149);
    expect(events).toEqual(['paused', '1 from channel']);
    jest.advanceTimersByTime(1);
    expect(events).toEqual(['paused', '1 from channel', '1 from anywhere']);
    jest.advanceTimersByTime(50);
    expect(admit(2)).toEqual(['probe', 'probe']);
    jest.advanceTimersByTime(50);
    // The channel used up every probe, so no probe is left for retries and replays.
    expect(events.slice(3)).toEqual(['2 from channel']);
  });

  it('counts no attempt during a pause', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(130);
    expect(fail('d', 'e', 'f', 'g')).toEqual([false, false, false, false]);
    breaker.succeeded('h');
    expect(fail('i')).toEqual([true]);
  });

  it('grants another probe immediately if the event of a probe was itself at fault', () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(100);
    breaker.inconclusive(breaker.admit());
    expect(events).toEqual(['paused', '1 from channel', '1 from channel']);
    expect(admit(2)).toEqual(['probe', 'rejected']);
    breaker.inconclusive('rejected');
    expect(breaker.admit()).toBe('rejected');
  });

  it('ends the wait for admission at each round, and when the pause ends', async () => {
    fail('a', 'b', 'c');
    const round = breaker.waitForAdmission();
    await jest.advanceTimersByTimeAsync(100);
    expect(await round).toBe(true);
    const end = breaker.waitForAdmission();
    breaker.succeeded('d');
    expect(await end).toBe(true);
    expect(await breaker.waitForAdmission()).toBe(true);
  });

  it('admits nothing after a stop', async () => {
    fail('a', 'b', 'c');
    jest.advanceTimersByTime(100);
    const waiting = breaker.waitForAdmission();
    breaker.stop();
    expect(await waiting).toBe(false);
    expect(await breaker.waitForAdmission()).toBe(false);
    expect(breaker.admit()).toBe('rejected');
    jest.advanceTimersByTime(10_000);
    expect(breaker.admit()).toBe('rejected');
  });

  it('does not pause after a stop', () => {
    breaker.stop();
    fail('a', 'b', 'c');
    expect(events).toEqual([]);
    expect(breaker.admit()).toBe('normal');
  });

  describe('during an outage', () => {
    it('pauses on the first failure, and counts no attempt', () => {
      expect(breaker.metOutage('a', error)).toBe(false);
      expect(events).toEqual(['paused']);
      jest.advanceTimersByTime(100);
      breaker.admit();
      expect(breaker.metOutage('a', error)).toBe(false);
      expect(breaker.metOutage('b', error)).toBe(false);
    });

    it('counts the attempt and does not pause on a second outage of an event if other events succeeded in between', () => {
      breaker.metOutage('a', error);
      breaker.succeeded('b');
      expect(breaker.metOutage('a', error)).toBe(true);
      expect(breaker.metOutage('a', error)).toBe(true);
      expect(events).toEqual(['paused', 'resumed']);
      expect(breaker.admit()).toBe('normal');
    });

    it('stays paused if an event that began before the pause succeeds, and still counts no attempt', () => {
      const [before] = admit(1);
      breaker.metOutage('a', error);
      breaker.succeeded('b', before);
      expect(events).toEqual(['paused']);
      jest.advanceTimersByTime(100);
      const [probe] = admit(1);
      expect(breaker.metOutage('a', error)).toBe(false);
      breaker.succeeded('c', probe);
      expect(events).toEqual(['paused', '1 from channel', 'resumed']);
    });

    it('pauses again because of another event, or because of an event that had succeeded in between', () => {
      breaker.metOutage('a', error);
      breaker.succeeded('a');
      breaker.succeeded('b');
      expect(breaker.metOutage('a', error)).toBe(false);
      breaker.succeeded('b');
      expect(breaker.metOutage('c', error)).toBe(false);
      expect(events).toEqual(['paused', 'resumed', 'paused', 'resumed', 'paused']);
    });

    it('counts no attempt while the processor is paused, even if the event has already failed because of an outage', () => {
      breaker.metOutage('a', error);
      breaker.succeeded('b');
      breaker.metOutage('c', error);
      expect(breaker.metOutage('a', error)).toBe(false);
    });
  });
});
