import { ProblemException } from '@cascade/service';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SignupQuota } from './signup-quota.js';

describe('SignupQuota', () => {
  let seconds: number;
  beforeEach(() => {
    seconds = 1_000;
  });

  function quota(limit: number): SignupQuota {
    return new SignupQuota(limit, () => seconds * 1_000);
  }

  function refusal(of: SignupQuota, address: string): ProblemException {
    try {
      of.take(address);
    } catch (error) {
      if (error instanceof ProblemException) return error;
      throw error;
    }
    throw new Error('not refused');
  }

  it('refuses the eleventh signup within a minute, says when to retry, and accepts the retry', () => {
    const ten = quota(10);
    for (let taken = 0; taken < 10; taken += 1) {
      ten.take('192.0.2.1');
      seconds += 2;
    }
    const problem = refusal(ten, '192.0.2.1');
    expect(problem.getStatus()).toBe(429);
    expect(problem.headers).toEqual({ 'retry-after': '40' });
    seconds += 39.5;
    expect(refusal(ten, '192.0.2.1').headers).toEqual({ 'retry-after': '1' });
    seconds += 0.5;
    ten.take('192.0.2.1');
    expect(refusal(ten, '192.0.2.1').headers).toEqual({ 'retry-after': '2' });
  });

  it('does not count refused signups', () => {
    const one = quota(1);
    one.take('192.0.2.1');
    seconds += 59;
    refusal(one, '192.0.2.1');
    seconds += 1;
    one.take('192.0.2.1');
  });

  it('counts each client separately', () => {
    const one = quota(1);
    one.take('192.0.2.1');
    one.take('192.0.2.2');
    refusal(one, '192.0.2.1');
  });

  it('forgets only clients that have posted nothing for a minute', () => {
    const one = quota(1);
    one.take('192.0.2.1');
    seconds += 50;
    one.take('192.0.2.2');
    seconds += 20;
    one.take('192.0.2.3');
    refusal(one, '192.0.2.2');
    expect(one['taken'].size).toBe(2);
  });

  it('is off at 0', () => {
    const off = quota(0);
    for (let taken = 0; taken < 100; taken += 1) off.take('192.0.2.1');
    expect(off['taken'].size).toBe(0);
  });
});
