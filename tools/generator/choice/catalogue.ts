import type { Contract, Processor, Topology } from '@cascade/topology';
import type { EventPart } from '../blueprint/parts.js';
import { GeneratorError } from '../errors.js';

export function eventNames(topology: Topology): string[] {
  return newestContracts(topology).map(({ event }) => event);
}

/**
 * Returns the newest version of an event of libs/contracts; undefined if the event is unknown.
 *
 * @throws GeneratorError if the event has no valid golden sample, which the generated code and its tests need
 */
export function findEvent(topology: Topology, event: string): EventPart | undefined {
  const contract = newestContracts(topology).find((candidate) => candidate.event === event);
  if (!contract) return undefined;
  const sample = contract.samples.find(({ faults }) => faults.length === 0)?.data;
  if (typeof sample !== 'object' || sample === null) {
    throw new GeneratorError(`${event} has no valid golden sample, which the tests of the processor need.`, [
      '`node cascade topology --check` shows why.',
    ]);
  }
  return { event, class: contract.class, schema: contract.schema, sample: sample as Record<string, unknown> };
}

/** Returns the processors whose failures a generated processor can consume. These processors consume events, not failures. */
export function failingProcessors({ processors }: Topology): Processor[] {
  return processors.filter(({ consumes }) => consumes.failuresOf === undefined);
}

function newestContracts({ contracts }: Topology): Contract[] {
  return contracts.filter(({ newest, origin }) => newest && origin === 'contracts');
}
