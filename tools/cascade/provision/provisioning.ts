import { Provisioning } from '@cascade/jetstream';
import type { Broker } from '../broker/broker.js';
import type { Declared } from '../declared.js';

export function provisioningOf({ connection }: Broker, { processors, settings }: Declared): Provisioning {
  const declarations = processors.map(({ declaration }) => declaration);
  return new Provisioning(connection, declarations, settings);
}
