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

/** What was agreed on and lies on brokers: `contracts.lock.json`, at the root and under version control. */
export interface ContractsLock {
  /** By `ce-type`, such as `user.signed-up.v1`. */
  contracts: Record<string, JsonSchema>;
  processors: LockedProcessors;
}

/** What differs between the code and the lock, by `ce-type`. */
export interface LockDifference {
  added: string[];
  /** In the lock, and no longer in the code. */
  removed: string[];
  /** Changed in a way that keeps stored events readable, and others' fields in place. */
  compatible: { type: string; changes: ContractChange[] }[];
  /** Changed in any other way; `changes` names only what is not compatible. */
  incompatible: { type: string; changes: ContractChange[] }[];
  processors: ProcessorsDifference;
}

/**
 * The lock of a checkout; empty where there is none.
 *
 * @throws TopologyError where it is no JSON, as after a merge with conflicts
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
 * Writes the contracts of the code into the lock.
 *
 * @returns what was written
 * @throws TopologyError where one has changed incompatibly: the lock is then left as it is
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

/** The lock with one contract more, in its place. */
export function withContract(
  lock: ContractsLock,
  contract: EventVersion & Pick<Contract, 'schema'>,
): ContractsLock {
  return {
    ...lock,
    contracts: sortedByName({ ...lock.contracts, [ceTypeOf(contract)]: agreedOn(contract) }),
  };
}

/** The lock with one contract less. */
export function withoutContract(lock: ContractsLock, contract: EventVersion): ContractsLock {
  const { [ceTypeOf(contract)]: _removed, ...contracts } = lock.contracts;
  return { ...lock, contracts };
}

/** The lock with one processor more, in its place. */
export function withProcessor(lock: ContractsLock, name: string, channel: string): ContractsLock {
  return { ...lock, processors: sortedByName({ ...lock.processors, [name]: channel }) };
}

/** The lock with one processor less. */
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

/** What happened, and the three ways out of it. */
export function describeIncompatible({ type, changes }: LockDifference['incompatible'][number]): string {
  const list = changes.map(({ field, what }) => `\n  ${field || 'the event'} ${what}`).join('');
  return (
    `${type} has changed so that stored events, or services that are not deployed yet, no longer fit:${list}\n` +
    '  Undo that, or leave this version as it was and make a new one beside it (docs/versions.md). If it has never been ' +
    `published, take its entry out of ${LOCK_FILE} and run: ${UPDATE_COMMAND}`
  );
}

/** The transport's own come with its library, and change with its versions. */
function lockedContracts({ contracts }: Topology): Contract[] {
  return contracts.filter(({ origin }) => origin === 'contracts');
}

/** Not the name of the class, which is nobody's concern outside of the code. */
function agreedOn({
  schema: { $schema: _draft, title: _title, ...agreed },
}: Pick<Contract, 'schema'>): JsonSchema {
  return agreed;
}
