import type { Contract, Processor, Topology } from '@cascade/topology';
import type { EventPart } from './blueprint.js';
import { GeneratorError } from './errors.js';

/** The newest version of every event of libs/contracts. */
export function catalogueOf({ contracts }: Topology): Contract[] {
  return contracts.filter(({ newest, origin }) => newest && origin === 'contracts');
}

/** Processors whose failures can be consumed by a generated one: those that consume events themselves. */
export function failingProcessors({ processors }: Topology): Processor[] {
  return processors.filter(({ consumes }) => consumes.failuresOf === undefined);
}

/** @throws GeneratorError where it has no golden sample, which answers are made from, and tests read */
export function partOf({ event, class: name, schema, samples }: Contract): EventPart {
  const sample = samples.find(({ faults }) => faults.length === 0)?.data;
  if (typeof sample !== 'object' || sample === null) {
    throw new GeneratorError(
      `${event} has no golden sample that can be read, and the processor's tests read one.`,
      ['`node cascade topology --check` says more.'],
    );
  }
  return { event, class: name, schema, sample: sample as Record<string, unknown> };
}
