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
