import { withContract, withoutContract, type ContractsLock } from '@app/topology';
import type { Entry } from './entry.js';

/** The contracts of new events, as agreed on. */
export const contractsLockEntry: Entry = {
  path: 'contracts.lock.json',
  add: (text, { newEvents }) =>
    written(
      newEvents.reduce(
        (lock, { event, schema }) => withContract(lock, { event, version: 1, schema }),
        read(text),
      ),
    ),
  remove: (text, { newEvents }) =>
    written(newEvents.reduce((lock, { event }) => withoutContract(lock, { event, version: 1 }), read(text))),
};

function read(text: string): ContractsLock {
  return JSON.parse(text) as ContractsLock;
}

function written(lock: ContractsLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}
