export { checkTopology, type TopologyReport } from './check/check-topology.js';
export type { ContractChange } from './check/contract-changes.js';
export {
  lockDifference,
  readLock,
  updateLock,
  withContract,
  withoutContract,
  withoutProcessor,
  withProcessor,
  type ContractsLock,
  type LockDifference,
} from './check/contracts-lock.js';
export type { Cycle } from './check/cycles.js';
export {
  processorRow,
  processorsPageFaults,
  PROCESSORS_PAGE,
  readProcessorsPage,
  updateProcessorsPage,
} from './check/processors-page.js';
export type { TopologyFault } from './check/faults.js';
export { TopologyError } from './errors.js';
export { formatAsyncApi, type AsyncApiOptions } from './formats/asyncapi.js';
export { formatJson } from './formats/json.js';
export { formatMermaid } from './formats/mermaid.js';
export { formatPermissions } from './formats/permissions.js';
export { formatTable } from './formats/table.js';
export { contractSchema } from './read/contract-schema.js';
export type { LoadedProcessor } from './read/declarations.js';
export type { LoadedApp } from './read/load-app.js';
export type { Code } from './read/load.js';
export { findSamples, type GoldenFile } from './read/samples.js';
export { readSystem, type System } from './read/read-system.js';
export { readTopology } from './read-topology.js';
export type {
  App,
  Channel,
  Consumer,
  Consumption,
  Contract,
  EventVersion,
  JsonSchema,
  Processor,
  Publisher,
  Sample,
  Topology,
} from './topology.js';
