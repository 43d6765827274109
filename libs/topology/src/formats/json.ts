import type { Topology } from '../topology.js';

/** Returns the topology as JSON, in the format that {@link Topology} documents. */
export function formatJson(topology: Topology): string {
  return `${JSON.stringify(topology, null, 2)}\n`;
}
