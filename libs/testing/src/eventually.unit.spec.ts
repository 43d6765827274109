import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { quietLog } from './quiet-log.js';

describe('eventually', () => {
  it('tries until nothing is thrown, and returns the result', async () => {
    let tries = 0;
    const result = await eventually(
      () => {
        if (++tries < 3) throw new Error('not yet');
        return `after ${tries}`;
      },
      { interval: 1 },
    );
    expect(result).toBe('after 3');
  });

  it('tries until nothing is rejected', async () => {
    let tries = 0;
    const attempt = () => (++tries < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(tries));
    await expect(eventually(attempt, { interval: 1 })).resolves.toBe(3);
  });

  it('gives up with the last error as message and cause', async () => {
    let tries = 0;
    const attempt = () => {
      throw new Error(`try ${++tries}`);
    };
    const error = await eventually(attempt, { timeout: 30, interval: 5 }).catch((thrown: Error) => thrown);
    expect(tries).toBeGreaterThan(1);
    expect(error).toMatchObject({
      name: 'NeverHappenedError',
      message: `Not within 30 ms: try ${tries}`,
      cause: { message: `try ${tries}` },
    });
  });

  it('shows the actual state, and what was logged', async () => {
    const attempt = () => {
      throw new Error('nothing came');
    };
    let asked = 0;
    const instead = () => Promise.resolve(`There is this, for question ${++asked}.`);
    quietLog.log('This is no warning.');
    quietLog.warn('The van is away.', 'Depot');
    const waiting = eventually(attempt, { timeout: 30, interval: 5, instead });
    await expect(waiting).rejects.toThrow(
      /^Not within 30 ms: nothing came\nThere is this, for question 1\.\nLogged:\n {2}\S+ warn The van is away\. Depot$/,
    );
  });

  it('gives up in time if the actual state cannot be read', async () => {
    const attempt = () => Promise.reject(new Error('nothing came'));
    const instead = () => Promise.reject(new Error('the broker is away'));
    await expect(eventually(attempt, { timeout: 20, instead })).rejects.toThrow(
      'nothing came\nThe actual state could not be read: Error: the broker is away',
    );
  });

  it('gives up on an attempt that hangs', async () => {
    const attempt = () => new Promise<never>(() => {});
    await expect(eventually(attempt, { timeout: 20 })).rejects.toThrow('Not within 20 ms');
  });
});
