import type { Topology } from '../topology.js';
import { contractFaults } from './contract-faults.js';
import type { ContractsLock } from './contracts-lock.js';
import { findCycles, type Cycle } from './cycles.js';
import { declarationFaults, type TopologyFault } from './faults.js';

export interface TopologyReport {
  /** Faults of the topology; empty if the topology is sound. */
  faults: TopologyFault[];
  /** Cycles of the topology. Cycles are allowed. */
  cycles: Cycle[];
}

/** Checks a whole topology. Reads and writes no files. */
export function checkTopology(topology: Topology, lock: ContractsLock): TopologyReport {
  return {
    faults: [...declarationFaults(topology), ...contractFaults(topology, lock)],
    cycles: findCycles(topology),
  };
}
