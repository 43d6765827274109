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

  const tell = (name: string, event: string, what = 'dead-lettered') =>
    log.tell({ level: 'error', what, name, event }, () => `${event} ${what}: ${name} with its stack`);

  it('tells the first of a class whole, and of the others in a line a minute how many there were', () => {
    for (let number = 1; number <= 6_000; number++) tell('InvalidEventError', `event ${number}`);
    expect(lines).toEqual(['error event 1 dead-lettered: InvalidEventError with its stack']);

    jest.advanceTimersByTime(60_000);
    expect(lines.slice(1)).toEqual([
      'error InvalidEventError: and 5,999 more dead-lettered in the last minute, the last of them event 6000',
    ]);

    tell('InvalidEventError', 'event 6001');
    jest.advanceTimersByTime(60_000);
    expect(lines.slice(2)).toEqual([
      'error InvalidEventError: and 1 more dead-lettered in the last minute, the last of them event 6001',
    ]);
  });

  it('tells one whole again after a minute without any', () => {
    tell('CardDeclined', 'event 1');
    jest.advanceTimersByTime(60_000);
    tell('CardDeclined', 'event 2');
    expect(lines).toEqual([
      'error event 1 dead-lettered: CardDeclined with its stack',
      'error event 2 dead-lettered: CardDeclined with its stack',
    ]);
  });

  it('tells classes apart, and what became of the events', () => {
    tell('CardDeclined', 'event 1');
    tell('CardStolen', 'event 2');
    tell('CardDeclined', 'event 3', 'could not be settled');
    expect(lines).toHaveLength(3);
  });

  it('tells at its end what it has counted, and how long that took', () => {
    for (let number = 1; number <= 3; number++) tell('CardDeclined', `event ${number}`);
    jest.advanceTimersByTime(2_400);
    log.end();
    expect(lines.slice(1)).toEqual([
      'error CardDeclined: and 2 more dead-lettered in the last 2 s, the last of them event 3',
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('remembers no more than 100 classes at once: errors may name themselves as they like', () => {
    for (let number = 1; number <= 300; number++) tell(`Error${number}`, `event ${number}`);
    expect(lines).toHaveLength(101);
    jest.advanceTimersByTime(60_000);
    expect(lines.slice(101)).toEqual([
      'error other errors: and 199 more dead-lettered in the last minute, the last of them event 300',
    ]);
  });

  it('survives a logger that throws when it tells how many there were', () => {
    const broken = () => {
      if (lines.push('told') > 1) throw new Error('the disk is full');
    };
    log = new GroupedLog({ warn: broken, error: broken });
    tell('CardDeclined', 'event 1');
    tell('CardDeclined', 'event 2');
    jest.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
  });
});
