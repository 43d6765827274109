import { findLocalNatsServer } from '@cascade/embedded-broker';
import { relative } from 'node:path';
import { runningHere, type RunningSystem } from '../../supervisor/data-folder.js';
import { isFree } from '../../supervisor/process/port-claims.js';
import { DEFAULT_PORTS } from '../../supervisor/system.js';
import type { Host } from '../host.js';
import { fault, note, ok, type Finding } from './finding.js';

/** Reports the version of Node. This check never fails, because the bootstrap refuses unsupported versions. */
export function checkNode(): Finding[] {
  return [ok('Node', process.versions.node)];
}

/** Checks the nats-server that `npm start` and the tests run. */
export async function checkNatsServer({ env, root }: Pick<Host, 'env' | 'root'>): Promise<Finding[]> {
  const { server, refused } = await findLocalNatsServer({ env });
  const faults = refused.map(({ message, remedy }) =>
    fault('nats-server', message, remedy ?? 'remove it: `npm start` then downloads another one'),
  );
  if (server) {
    const { version, from, command } = server;
    const place = from === 'PATH' ? `on the PATH (${command})` : `in the cache (${relative(root, command)})`;
    return [...faults, ok('nats-server', `${version} ${place}`)];
  }
  if (faults.length > 0) return faults;
  return [note('nats-server', 'none on the PATH or in the cache yet; `npm start` downloads one')];
}

/** Checks the default ports. A taken port is not a fault, because `npm start` then uses the next free port. */
export async function checkPorts(): Promise<Finding[]> {
  const running = await runningHere();
  if (running) return [ok('ports', `used by the system that runs here: ${addressesOf(running)}`)];
  const free = await Promise.all(DEFAULT_PORTS.map(isFree));
  const taken = DEFAULT_PORTS.filter((_, index) => !free[index]);
  if (taken.length === 0) return [ok('ports', `${DEFAULT_PORTS.join(', ')} are free for \`npm start\``)];
  const list = `${taken.join(', ')} ${taken.length > 1 ? 'are' : 'is'} taken by other programs`;
  return [note('ports', `${list}; \`npm start\` uses the next free ports`)];
}

function addressesOf({ parts }: RunningSystem): string {
  return Object.entries(parts)
    .map(([name, { url }]) => `${name} ${url}`)
    .join(', ');
}
