import type { Broker } from '../broker/broker.js';
import type { Declared } from '../declared.js';
import { expiringSoon, expiryRemedy, expiryText } from '../lag/expiry.js';
import { readLag } from '../lag/read-lag.js';
import { fault, ok, type Finding } from './finding.js';

export async function checkExpiry(
  broker: Broker,
  { processors }: Pick<Declared, 'processors'>,
  now?: number,
): Promise<Finding[]> {
  const expiring = expiringSoon(await readLag(broker, processors, now));
  if (expiring.length === 0) return [ok('unread', 'no event has waited for half of its retention time')];
  return expiring.map((lag) => fault('unread', expiryText(lag), expiryRemedy(lag)));
}
