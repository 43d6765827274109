import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GroupedLog } from './grouped-log.js';

describe('the log of failures', () => {
  let lines: string[];
  let log: GroupedLog;

  beforeEach(() => {
    jest.useFakeTimers();
    lines = [];
    const record = (level: string) => (message: unknown) => void lines.push(`${level} ${String(message)}`);
    log = new GroupedLog({ warn: record('warn'), error: record('error') });
  });
  afterEach(() => void jest.useRealTimers());

  const report = (name: string, event: string, what = 'dead-lettered') =>
    log.report({ level: 'error', what, name, event }, () => `${event} ${what}: ${name} with its stack`);

  it('logs the first failure of a class in full, and the number of further failures in one line a minute', () => {
    for (let number = 1; number <= 6_000; number++) report('InvalidEventError', `event ${number}`);
    expect(lines).toEqual(['error event 1 dead-lettered: InvalidEventError with its stack']);

    jest.advanceTimersByTime(60_000);
    expect(lines.slice(1)).toEqual([
      'error InvalidEventError: and 5,999 more dead-lettered in the last minute, the last of them event 6000',
    ]);

    report('InvalidEventError', 'event 6001');
    jest.advanceTimersByTime(60_000);
    expect(lines.slice(2)).toEqual([
      'error InvalidEventError: and 1 more dead-lettered in the last minute, the last of them event 6001',
    ]);
  });

  it('logs a failure in full again after a minute without failures', () => {
    report('CardDeclined', 'event 1');
    jest.advanceTimersByTime(60_000);
    report('CardDeclined', 'event 2');
    expect(lines).toEqual([
      'error event 1 dead-lettered: CardDeclined with its stack',
      'error event 2 dead-lettered: CardDeclined with its stack',
    ]);
  });

  it('counts classes and results separately', () => {
    report('CardDeclined', 'event 1');
    report('CardStolen', 'event 2');
    report('CardDeclined', 'event 3', 'could not be settled');
    expect(lines).toHaveLength(3);
  });

  it('logs its counts at the end, with their time', () => {
    for (let number = 1; number <= 3; number++) report('CardDeclined', `event ${number}`);
    jest.advanceTimersByTime(2_400);
    log.end();
    expect(lines.slice(1)).toEqual([
      'error CardDeclined: and 2 more dead-lettered in the last 2 s, the last of them event 3',
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('counts at most 100 classes separately, because errors can have any name', () => {
    for (let number = 1; number <= 300; number++) report(`Error${number}`, `event ${number}`);
    expect(lines).toHaveLength(101);
    jest.advanceTimersByTime(60_000);
    expect(lines.slice(101)).toEqual([
      'error other errors: and 199 more dead-lettered in the last minute, the last of them event 300',
    ]);
  });

  it('survives a logger that throws on a count', () => {
    const broken = () => {
      if (lines.push('told') > 1) throw new Error('the disk is full');
    };
    log = new GroupedLog({ warn: broken, error: broken });
    report('CardDeclined', 'event 1');
    report('CardDeclined', 'event 2');
    jest.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
  });
});
