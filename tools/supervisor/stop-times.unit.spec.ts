import { ServiceConfig } from '@cascade/service';
import { expect, it } from '@jest/globals';
import { servicesGraceMs } from './stop-times.js';

it('Services are killed only after their own stop timeout', () => {
  expect(servicesGraceMs({})).toBeGreaterThan(new ServiceConfig().stopTimeoutMs);
  expect(servicesGraceMs({ STOP_TIMEOUT_MS: '30000' })).toBeGreaterThan(30_000);
  expect(servicesGraceMs({ STOP_TIMEOUT_MS: '5000' })).toBeLessThan(7_000);
});
