import type { Topology } from '../topology.js';

/** The topology as {@link Topology} documents it. */
export function formatJson(topology: Topology): string {
  return `${JSON.stringify(topology, null, 2)}\n`;
}
