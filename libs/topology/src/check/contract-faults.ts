import { ceTypeOf } from '../event-version.js';
import type { Contract, Topology } from '../topology.js';
import {
  describeIncompatible,
  LOCK_FILE,
  lockDifference,
  UPDATE_COMMAND,
  type ContractsLock,
} from './contracts-lock.js';
import { describeMoved, describeRemoved } from './processors-lock.js';
import { andList, duplicates, type TopologyFault } from './faults.js';

/** Faults of the contracts: their versions, their golden samples, and what became of them since they were agreed on. */
export function contractFaults(topology: Topology, lock: ContractsLock): TopologyFault[] {
  const own = topology.contracts.filter(({ origin }) => origin === 'contracts');
  return [
    ...versionFaults(topology.contracts),
    ...own.flatMap(sampleFaults),
    ...topology.straySamples.map(strayFault),
    ...lockFaults(topology, lock),
  ];
}

function versionFaults(contracts: readonly Contract[]): TopologyFault[] {
  const twice = duplicates(contracts, ceTypeOf).map(([type, found]): TopologyFault => ({
    rule: 'duplicate-contract',
    message: `${andList(found.map((contract) => contract.class))} are both ${type}. Give one another name or version.`,
  }));
  const newest = contracts.filter((contract) => contract.newest);
  const apart = duplicates(newest, ({ event }) => event)
    .filter(([, found]) => new Set(found.map(({ version }) => version)).size > 1)
    .map(([event, found]): TopologyFault => {
      const [older, newer] = found.slice(-2) as [Contract, Contract];
      return {
        rule: 'missing-upcaster',
        message:
          `${event} has ${andList(found.map(({ version }) => `v${version}`))}, and nothing turns the older into the newer: ` +
          `give ${newer.class} \`replaces: ${older.class}\` and \`static upcast(old: ${older.class}): ${newer.class}\` ` +
          '(docs/versions.md).',
      };
    });
  return [...twice, ...apart];
}

function sampleFaults(contract: Contract): TopologyFault[] {
  const type = ceTypeOf(contract);
  if (contract.samples.length === 0) {
    return [
      {
        rule: 'missing-sample',
        message: `${type} has no golden sample. Write one, as it would be published: libs/contracts/golden/${type}.json`,
      },
    ];
  }
  return contract.samples
    .filter(({ faults }) => faults.length > 0)
    .map(({ file, faults }) => ({
      rule: 'unreadable-sample',
      message: `${file} cannot be read any more, and so neither could stored events like it: ${faults.join('; ')}`,
    }));
}

function strayFault(file: string): TopologyFault {
  return {
    rule: 'stray-sample',
    message:
      `${file} is of no version that the code knows. Is its class exported from libs/contracts/src/index.ts, or replaced by one ` +
      'that is? The name must be <event>.v<version>.json or <event>.v<version>.<what>.json.',
  };
}

function lockFaults(topology: Topology, lock: ContractsLock): TopologyFault[] {
  const { added, removed, compatible, incompatible, processors } = lockDifference(topology, lock);
  const outdated = [
    ...added.map((type) => `${type} is new`),
    ...compatible.map(
      ({ type, changes }) => `${type}: ${changes.map(({ field, what }) => `${field} ${what}`).join(', ')}`,
    ),
    ...removed.map(
      (type) => `${type} is gone: stored events of it, kept for days, can then not be read any more`,
    ),
    ...processors.added.map((name) => `processor ${name} is new`),
    ...processors.renamed.map(({ name, from }) => `processor ${name} was called ${from}`),
    ...processors.removed.map(describeRemoved),
    ...processors.moved.map(describeMoved),
  ];
  return [
    ...incompatible.map((change): TopologyFault => ({
      rule: 'incompatible-contract',
      message: describeIncompatible(change),
    })),
    ...(outdated.length > 0 ? [outdatedFault(outdated)] : []),
  ];
}

function outdatedFault(differences: readonly string[]): TopologyFault {
  return {
    rule: 'outdated-lock',
    message: `${LOCK_FILE} is not up to date:${differences.map((line) => `\n  ${line}`).join('')}\n  If that is meant, run: ${UPDATE_COMMAND}`,
  };
}
