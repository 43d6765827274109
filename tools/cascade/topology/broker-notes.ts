import type { RetiredProcessor } from '@cascade/jetstream';
import { runningHere } from '../../supervisor/data-folder.js';
import { withBroker } from '../broker/broker.js';
import { readDeclared } from '../declared.js';
import { explain } from '../explain.js';
import type { Host } from '../host.js';
import { provisioningOf } from '../provision/provisioning.js';

/**
 * Returns notes about processors and consumers that are on the broker but not in the code. Connects only to a broker that
 * NATS_URL names or that runs here, because `topology --check` needs no broker.
 */
export async function brokerNotes(host: Host): Promise<string[]> {
  if (!host.env['NATS_URL'] && !(await runningHere())) return [];
  const declared = await readDeclared(host);
  try {
    const retired = await withBroker(host, (broker) => provisioningOf(broker, declared).retired());
    return retired.map(noteOn);
  } catch (error) {
    return [`The processors on the broker were not checked: ${explain(error, host).message}`];
  }
}

function noteOn({ processor, isDeclared, renamedTo, isInUse }: RetiredProcessor): string {
  const prune = `\`node cascade provision --prune ${processor}\``;
  if (isDeclared)
    return `processor ${processor} has a consumer on the broker that its declaration does not have. ${prune} removes it.`;
  const what = `processor ${processor} is on the broker, but not in the code of this checkout`;
  if (isInUse) return `${what}; a process uses it.`;
  if (renamedTo) return `${what}: it is now called ${renamedTo}. ${prune} moves its retries there.`;
  return `${what}. If it was renamed, declare \`formerly: ['${processor}']\` at the new one. If it was removed, ${prune} removes it.`;
}
