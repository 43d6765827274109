import { Provisioning, type RetiredProcessor } from '@cascade/jetstream';
import { runningHere } from '../../supervisor/data-folder.js';
import { withBroker } from '../broker/broker.js';
import { readDeclared } from '../declared.js';
import { CommandError } from '../errors.js';
import { explain } from '../explain.js';
import type { Host } from '../host.js';

/**
 * Processors that have consumers or retries on the broker and that no code declares. The topology is read without a broker, so
 * only a broker that is named or runs here is asked.
 *
 * @returns the processors, or why the broker could not tell
 */
export async function retiredOnBroker(host: Host): Promise<readonly RetiredProcessor[] | CommandError> {
  if (!host.env['NATS_URL'] && !(await runningHere())) return [];
  const declared = await readDeclared(host);
  const processors = declared.processors.map(({ declaration }) => declaration);
  try {
    return await withBroker(host, ({ connection }) =>
      new Provisioning(connection, processors, declared.settings).retired(),
    );
  } catch (error) {
    const known = explain(error, host);
    if (known instanceof CommandError) return known;
    throw error;
  }
}

export function brokerNotes(found: readonly RetiredProcessor[] | CommandError): string[] {
  if (found instanceof CommandError)
    return [`The processors on the broker were not looked at: ${found.message}`];
  return found.map(({ processor, isDeclared, renamedTo, isInUse }) => {
    if (isDeclared)
      return (
        `processor ${processor} has a consumer on the broker that its declaration does not have. ` +
        `\`node cascade provision --prune ${processor}\` removes it.`
      );
    const what = `processor ${processor} is on the broker, and in no code of this checkout`;
    if (isInUse) return `${what}; a process uses it.`;
    if (renamedTo)
      return `${what}: it is called ${renamedTo} now. \`node cascade provision --prune ${processor}\` hands its retries over.`;
    return (
      `${what}. If it was renamed, declare \`formerly: ['${processor}']\` at the new one; if it was removed, ` +
      `\`node cascade provision --prune ${processor}\` removes it.`
    );
  });
}
