import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeSystem } from './describe/describe-system.js';
import type { Code } from './read/load.js';
import { readSystem } from './read/read-system.js';
import { findSamples } from './read/samples.js';
import type { Topology } from './topology.js';

/**
 * Reads the topology from the code of a checkout. No broker and no database is started, and no port is opened.
 *
 * @throws TopologyError if the code cannot be read. `checkTopology` finds the faults of a topology that can be read.
 */
export async function readTopology(code: Code): Promise<Topology> {
  const system = await readSystem(code);
  const manifest = JSON.parse(await readFile(join(code.root, 'package.json'), 'utf8')) as Manifest;
  return describeSystem(system, await findSamples(code.root), manifest);
}

interface Manifest {
  name: string;
  version: string;
}
