import { describe, expect, it } from '@jest/globals';
import { Deaths, HEALTHY_MS } from './deaths.js';

describe('Deaths', () => {
  it('are followed by pauses that double, and the fifth in a row is the last', () => {
    const deaths = new Deaths();
    const pauses = [0, 100, 0, 59_999, 0].map((readyForMs) => deaths.record(readyForMs));
    expect(pauses).toEqual([250, 500, 1000, 2000, undefined]);
  });

  it('start a new series after a healthy minute', () => {
    const deaths = new Deaths();
    for (let death = 1; death <= 4; death++) deaths.record(0);
    expect(deaths.record(HEALTHY_MS)).toBe(250);
    expect(deaths.record(0)).toBe(500);
  });

  it('start a new series after a reset of the count', () => {
    const deaths = new Deaths();
    for (let death = 1; death <= 4; death++) deaths.record(0);
    deaths.forget();
    expect(deaths.record(0)).toBe(250);
  });
});
