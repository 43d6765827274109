import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TopologyError } from '../errors.js';
import { ceTypeOf } from '../event-version.js';
import type { Contract, EventVersion, JsonSchema, Topology } from '../topology.js';
import { contractChanges, type ContractChange } from './contract-changes.js';
import {
  lockedProcessors,
  processorsDifference,
  type LockedProcessors,
  type ProcessorsDifference,
} from './processors-lock.js';

export const LOCK_FILE = 'contracts.lock.json';
export const UPDATE_COMMAND = 'node cascade topology --update-lock';

/** Contracts and processors that were agreed on, as stored in `contracts.lock.json` at the root under version control. */
export interface ContractsLock {
  /** Schemas by `ce-type`, such as `user.signed-up.v1`. */
  contracts: Record<string, JsonSchema>;
  processors: LockedProcessors;
}

/** Differences between the code and the lock. Contracts are identified by their `ce-type`. */
export interface LockDifference {
  added: string[];
  /** Contracts that are in the lock, but no longer in the code. */
  removed: string[];
  /**
   * Contracts with compatible changes only. Stored events stay readable, and other services still find the fields that they use.
   */
  compatible: { type: string; changes: ContractChange[] }[];
  /** Contracts with at least one incompatible change. `changes` contains only the incompatible changes. */
  incompatible: { type: string; changes: ContractChange[] }[];
  processors: ProcessorsDifference;
}

/**
 * Returns the lock of a checkout; an empty lock if the file does not exist.
 *
 * @throws TopologyError if the file is not valid JSON, for example after a merge with conflicts
 */
export async function readLock(root: string): Promise<ContractsLock> {
  const text = await readFile(join(root, LOCK_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return { contracts: {}, processors: {}, ...(JSON.parse(text) as Partial<ContractsLock>) };
  } catch (cause) {
    throw new TopologyError(
      `${LOCK_FILE} cannot be read: ${(cause as Error).message}\nTake the version of your main branch, then run: ${UPDATE_COMMAND}`,
      { cause },
    );
  }
}

/**
 * Writes the contracts and the processors of the code into the lock.
 *
 * @returns The differences that were written.
 * @throws TopologyError if a contract has changed incompatibly. The lock is then not changed.
 */
export async function updateLock(root: string, topology: Topology): Promise<LockDifference> {
  const difference = lockDifference(topology, await readLock(root));
  if (difference.incompatible.length > 0) {
    throw new TopologyError(difference.incompatible.map(describeIncompatible).join('\n'));
  }
  const contracts = Object.fromEntries(
    lockedContracts(topology).map((contract) => [ceTypeOf(contract), agreedOn(contract)]),
  );
  const lock: ContractsLock = { contracts, processors: lockedProcessors(topology) };
  await writeFile(join(root, LOCK_FILE), `${JSON.stringify(lock, null, 2)}\n`);
  return difference;
}

/** Returns the lock with an additional contract, sorted by name. */
export function withContract(
  lock: ContractsLock,
  contract: EventVersion & Pick<Contract, 'schema'>,
): ContractsLock {
  return {
    ...lock,
    contracts: sortedByName({ ...lock.contracts, [ceTypeOf(contract)]: agreedOn(contract) }),
  };
}

/** Returns the lock without a contract. */
export function withoutContract(lock: ContractsLock, contract: EventVersion): ContractsLock {
  const { [ceTypeOf(contract)]: _removed, ...contracts } = lock.contracts;
  return { ...lock, contracts };
}

/** Returns the lock with an additional processor, sorted by name. */
export function withProcessor(lock: ContractsLock, name: string, channel: string): ContractsLock {
  return { ...lock, processors: sortedByName({ ...lock.processors, [name]: channel }) };
}

/** Returns the lock without a processor. */
export function withoutProcessor(lock: ContractsLock, name: string): ContractsLock {
  const { [name]: _removed, ...processors } = lock.processors;
  return { ...lock, processors };
}

function sortedByName<Value>(values: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function lockDifference(
  topology: Topology,
  { contracts: locked, processors }: ContractsLock,
): LockDifference {
  const contracts = lockedContracts(topology);
  const known = contracts.flatMap((contract) => {
    const type = ceTypeOf(contract);
    const changes = locked[type] ? contractChanges(locked[type], contract.schema) : [];
    return changes.length > 0 ? [{ type, changes }] : [];
  });
  const isSafe = ({ changes }: { changes: ContractChange[] }) =>
    changes.every(({ isCompatible }) => isCompatible);
  return {
    added: contracts.map(ceTypeOf).filter((type) => !locked[type]),
    removed: Object.keys(locked).filter((type) => !contracts.some((contract) => ceTypeOf(contract) === type)),
    compatible: known.filter(isSafe),
    incompatible: known
      .filter((change) => !isSafe(change))
      .map(({ type, changes }) => ({ type, changes: changes.filter(({ isCompatible }) => !isCompatible) })),
    processors: processorsDifference(topology, processors),
  };
}

/** Describes the change and the three possible remedies. */
export function describeIncompatible({ type, changes }: LockDifference['incompatible'][number]): string {
  const list = changes.map(({ field, what }) => `\n  ${field || 'the event'} ${what}`).join('');
  return (
    `${type} has changed so that stored events, or services that are not deployed yet, no longer fit:${list}\n` +
    '  Undo the change, or keep this version and add a new version (docs/versions.md). If this version was never published, ' +
    `remove its entry from ${LOCK_FILE} and run: ${UPDATE_COMMAND}`
  );
}

/**
 * Returns the contracts of the system. The contracts of the transport are left out, because they change with the version of the
 * library.
 */
function lockedContracts({ contracts }: Topology): Contract[] {
  return contracts.filter(({ origin }) => origin === 'contracts');
}

/** Returns the schema without `$schema` and `title`. The title is the name of the class, which matters only in the code. */
function agreedOn({
  schema: { $schema: _draft, title: _title, ...agreed },
}: Pick<Contract, 'schema'>): JsonSchema {
  return agreed;
}
