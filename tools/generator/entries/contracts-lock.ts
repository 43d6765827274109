import {
  withContract,
  withoutContract,
  withoutProcessor,
  withProcessor,
  type ContractsLock,
} from '@cascade/topology';
import type { Entry } from './entry.js';
import { written } from './json.js';

/** Entry for the contracts of new events, and for the channel that the processor consumes. */
export const contractsLockEntry: Entry = {
  path: 'contracts.lock.json',
  add: (text, { newEvents, name, channel }) => {
    const contracts = newEvents.reduce(
      (lock, { event, schema }) => withContract(lock, { event, version: 1, schema }),
      read(text),
    );
    return written(withProcessor(contracts, name, channel));
  },
  remove: (text, { newEvents, name }) => {
    const contracts = newEvents.reduce(
      (lock, { event }) => withoutContract(lock, { event, version: 1 }),
      read(text),
    );
    return written(withoutProcessor(contracts, name));
  },
};

function read(text: string): ContractsLock {
  return { contracts: {}, processors: {}, ...(JSON.parse(text) as Partial<ContractsLock>) };
}
