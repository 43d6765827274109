import { expect, it } from '@jest/globals';
import type { Delivery } from '../settle/delivery.js';
import { SharedExclusiveLock } from './shared-exclusive-lock.js';
import { Quarantine } from './quarantine.js';

it('An unexpected isolated message returns to quarantine while other work runs, because its delivery would count here', async () => {
  const lock = new SharedExclusiveLock();
  const done: string[] = [];
  const quarantine = new Quarantine(lock, {
    publishIsolated: () => Promise.resolve(true),
    quarantine: () => Promise.resolve(done.push('quarantined') > 0),
  });
  const attempt = () => Promise.resolve(done.push('attempted'));
  const late = { quarantineStage: 'isolated', retryKey: 'EVENTS-1', deliveries: 1 } as Delivery;
  let end = (): void => undefined;
  const other = lock.runShared(() => new Promise<void>((resolve) => (end = resolve)));

  await quarantine.process(late, attempt);
  expect(done).toEqual(['quarantined']);
  end();
  await other;
  await quarantine.process(late, attempt);
  expect(done).toEqual(['quarantined', 'attempted']);
});
