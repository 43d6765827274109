import { ceTypeOf } from '../event-version.js';
import type { Contract, Topology } from '../topology.js';
import {
  describeIncompatible,
  LOCK_FILE,
  lockDifference,
  UPDATE_COMMAND,
  type ContractsLock,
  type LockDifference,
} from './contracts-lock.js';
import { describeMoved, describeRemoved } from './processors-lock.js';
import { andList, duplicates, faultsOf, type TopologyFault } from './faults.js';

/** Returns the faults in the versions, the golden samples and the changes of the contracts. */
export function contractFaults(topology: Topology, lock: ContractsLock): TopologyFault[] {
  const own = topology.contracts.filter(({ origin }) => origin === 'contracts');
  const { incompatible, ...others } = lockDifference(topology, lock);
  return [
    ...faultsOf('duplicate-contract', duplicateContracts(topology.contracts)),
    ...faultsOf('missing-upcaster', missingUpcasters(topology.contracts)),
    ...own.flatMap(sampleFaults),
    ...faultsOf('stray-sample', topology.straySamples.map(strayText)),
    ...faultsOf('incompatible-contract', incompatible.map(describeIncompatible)),
    ...faultsOf('outdated-lock', outdatedLock(others)),
  ];
}

function duplicateContracts(contracts: readonly Contract[]): string[] {
  return duplicates(contracts, ceTypeOf).map(
    ([type, found]) =>
      `${andList(found.map((contract) => contract.class))} are both ${type}. Give one another name or version.`,
  );
}

function missingUpcasters(contracts: readonly Contract[]): string[] {
  const newest = contracts.filter((contract) => contract.newest);
  return duplicates(newest, ({ event }) => event)
    .filter(([, found]) => new Set(found.map(({ version }) => version)).size > 1)
    .map(([event, found]) => {
      const [older, newer] = found.slice(-2) as [Contract, Contract];
      return (
        `${event} has ${andList(found.map(({ version }) => `v${version}`))}, but no upcaster from the older to the newer version: ` +
        `give ${newer.class} \`replaces: ${older.class}\` and \`static upcast(old: ${older.class}): ${newer.class}\` ` +
        '(docs/versions.md).'
      );
    });
}

function sampleFaults(contract: Contract): TopologyFault[] {
  const type = ceTypeOf(contract);
  const missing = `${type} has no golden sample. Write one, as it would be published: libs/contracts/golden/${type}.json`;
  const unreadable = contract.samples.filter(({ faults }) => faults.length > 0);
  return [
    ...faultsOf('missing-sample', contract.samples.length === 0 ? [missing] : []),
    ...faultsOf(
      'unreadable-sample',
      unreadable.map(
        ({ file, faults }) =>
          `${file} can no longer be read, and neither can stored events like it: ${faults.join('; ')}`,
      ),
    ),
  ];
}

function strayText(file: string): string {
  return (
    `${file} has a version that the code does not know. Export its class from libs/contracts/src/index.ts, or replace it with a class ` +
    'that is exported. The name must be <event>.v<version>.json or <event>.v<version>.<what>.json.'
  );
}

function outdatedLock({
  added,
  removed,
  compatible,
  processors,
}: Omit<LockDifference, 'incompatible'>): string[] {
  const differences = [
    ...added.map((type) => `${type} is new`),
    ...compatible.map(
      ({ type, changes }) => `${type}: ${changes.map(({ field, what }) => `${field} ${what}`).join(', ')}`,
    ),
    ...removed.map(
      (type) => `${type} was removed: stored events of it, kept for days, can no longer be read`,
    ),
    ...processors.added.map((name) => `processor ${name} is new`),
    ...processors.renamed.map(({ name, from }) => `processor ${name} was called ${from}`),
    ...processors.removed.map(describeRemoved),
    ...processors.moved.map(describeMoved),
  ];
  if (differences.length === 0) return [];
  return [
    `${LOCK_FILE} is not up to date:${differences.map((line) => `\n  ${line}`).join('')}\n  If this is intended, run: ${UPDATE_COMMAND}`,
  ];
}
