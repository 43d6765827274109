import { Provisioning } from '@cascade/jetstream';
import type { Broker } from '../broker/broker.js';
import type { Declared } from '../declared.js';

/** Compares a broker with the declarations of the code. */
export function provisioningOf({ connection }: Broker, { processors, settings }: Declared): Provisioning {
  const declarations = processors.map(({ declaration }) => declaration);
  return new Provisioning(connection, declarations, settings);
}
