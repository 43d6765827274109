export { TopologyError } from './errors.js';
export type { LoadedProcessor } from './read/declarations.js';
export type { LoadedApp } from './read/load-app.js';
export type { Code } from './read/load.js';
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
  Permissions,
  Processor,
  Publisher,
  Sample,
  Topology,
} from './topology.js';
