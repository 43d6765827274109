import type { Topology } from '../topology.js';
import { contractFaults } from './contract-faults.js';
import type { ContractsLock } from './contracts-lock.js';
import { findCycles, type Cycle } from './cycles.js';
import { declarationFaults, type TopologyFault } from './faults.js';

export interface TopologyReport {
  /** Empty where all is well. */
  faults: TopologyFault[];
  /** Allowed, and worth to be known. */
  cycles: Cycle[];
}

/** Judges a topology as a whole. Nothing is read or written. */
export function checkTopology(topology: Topology, lock: ContractsLock): TopologyReport {
  return {
    faults: [...declarationFaults(topology), ...contractFaults(topology, lock)],
    cycles: findCycles(topology),
  };
}
