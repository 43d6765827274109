import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ProcessorPause, StoppedWhilePausedError } from './processor-pause.js';

const policy = { failures: 3, within: 1_000, firstProbe: 100, maxProbe: 300 };
const error = new Error('down');

describe('the pause of a processor', () => {
  let events: string[];
  let pause: ProcessorPause;

  beforeEach(() => {
    jest.useFakeTimers();
    events = [];
    pause = new ProcessorPause(policy, {
      paused: () => events.push('paused'),
      probing: () => events.push('probing'),
      resumed: () => events.push('resumed'),
    });
  });
  afterEach(() => {
    pause.stop();
    jest.useRealTimers();
  });

  const fail = (...ids: string[]) => ids.map((id) => pause.failedWith(id, error, 'normal'));

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
    pause.succeeded();
    fail('c', 'd');
    jest.advanceTimersByTime(1_001);
    fail('e', 'f');
    expect(events).toEqual([]);
  });

  it('holds events back, probes with one, and goes on when it succeeds', async () => {
    fail('a', 'b', 'c');
    const passages: string[] = [];
    for (const name of ['first', 'second'])
      void pause.enter().then((passage) => passages.push(`${name} ${passage}`));
    await jest.advanceTimersByTimeAsync(100);
    expect(passages).toEqual(['first probe']);
    pause.succeeded();
    await jest.advanceTimersByTimeAsync(0);
    expect(passages).toEqual(['first probe', 'second normal']);
    expect(events).toEqual(['paused', 'resumed']);
    expect(await pause.enter()).toBe('normal');
  });

  it('comes at the first sign of an outage, which uses up no attempt', async () => {
    expect(pause.metOutage('a', error, 'normal')).toBe(false);
    expect(events).toEqual(['paused']);
    const passages: string[] = [];
    void pause.enter().then((passage) => passages.push(passage));
    await jest.advanceTimersByTimeAsync(100);
    expect(pause.metOutage('a', error, 'probe')).toBe(false);
    void pause.enter().then((passage) => passages.push(passage));
    await jest.advanceTimersByTimeAsync(199);
    expect(passages).toEqual(['probe']);
    await jest.advanceTimersByTimeAsync(1);
    expect(passages).toEqual(['probe', 'probe']);
    expect(events).toEqual(['paused']);
  });

  it('lets one event come where none is held, and that one is the probe', async () => {
    fail('a', 'b', 'c');
    await jest.advanceTimersByTimeAsync(100);
    expect(events).toEqual(['paused', 'probing']);
    expect(await pause.enter()).toBe('probe');
  });

  it('probes less and less often, and what fails meanwhile has used no attempt', async () => {
    fail('a', 'b', 'c');
    for (const delay of [100, 200, 300, 300]) {
      await jest.advanceTimersByTimeAsync(delay - 1);
      expect(events.filter((event) => event === 'probing')).toHaveLength(0);
      await jest.advanceTimersByTimeAsync(1);
      expect(events.pop()).toBe('probing');
      expect(pause.failedWith('d', error, await pause.enter())).toBe(false);
    }
  });

  it('probes again at once when the probe itself was a bad event', async () => {
    fail('a', 'b', 'c');
    await jest.advanceTimersByTimeAsync(100);
    pause.inconclusive(await pause.enter());
    await jest.advanceTimersByTimeAsync(0);
    expect(events).toEqual(['paused', 'probing', 'probing']);
  });

  it('gives back what it holds when the service stops', async () => {
    fail('a', 'b', 'c');
    const held = pause.enter();
    pause.stop();
    await expect(held).rejects.toThrow(StoppedWhilePausedError);
  });
});
