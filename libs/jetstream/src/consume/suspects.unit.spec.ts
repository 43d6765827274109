import { expect, it } from '@jest/globals';
import type { Delivery } from '../settle/delivery.js';
import { Exclusion } from './exclusion.js';
import { Suspects } from './suspects.js';

it('The message of an attempt that nobody expects waits elsewhere while others are at work: here its delivery would count', async () => {
  const exclusion = new Exclusion();
  const done: string[] = [];
  const suspects = new Suspects(
    exclusion,
    {
      publishAlone: () => Promise.resolve(true),
      setApart: () => Promise.resolve(done.push('set apart') > 0),
    },
    () => Promise.resolve(void done.push('attempted')),
  );
  const late = { suspectState: 'alone', retryKey: 'EVENTS-1', deliveries: 1 } as Delivery;
  let end = (): void => undefined;
  const other = exclusion.run(() => new Promise<void>((resolve) => (end = resolve)));

  await suspects.process(late);
  expect(done).toEqual(['set apart']);
  end();
  await other;
  await suspects.process(late);
  expect(done).toEqual(['set apart', 'attempted']);
});
