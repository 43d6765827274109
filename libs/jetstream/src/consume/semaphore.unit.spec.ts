import { describe, expect, it } from '@jest/globals';
import { Semaphore } from './semaphore.js';

describe('the concurrency semaphore', () => {
  it('runs at most as many pieces of work as it has permits, in the order of arrival, even after failures', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const work = async (number: number) => {
      most = Math.max(most, ++running);
      order.push(number);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (number % 2 === 0) throw new Error(`${number}`);
    };
    const results = await Promise.allSettled(
      Array.from({ length: 9 }, (_, number) => semaphore.run(() => work(number))),
    );
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  });

  it('starts all waiting work on request, and keeps to its permits afterwards', async () => {
    const semaphore = new Semaphore(1);
    const open: (() => void)[] = [];
    const hasWaited: boolean[] = [];
    const work = (waited: boolean) => {
      hasWaited.push(waited);
      return new Promise<void>((resolve) => open.push(resolve));
    };
    const begun = [semaphore.run(work), semaphore.run(work), semaphore.run(work)];
    semaphore.releaseAll();
    await new Promise(setImmediate);
    expect(hasWaited).toEqual([false, true, true]);

    const later = semaphore.run(work);
    open[0]!();
    open[1]!();
    await new Promise(setImmediate);
    expect(hasWaited).toHaveLength(3);
    open[2]!();
    await Promise.all(begun);
    expect(hasWaited).toHaveLength(4);
    open[3]!();
    await later;
  });
});
