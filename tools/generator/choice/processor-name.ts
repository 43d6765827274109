import { isProcessorName } from '@cascade/jetstream';
import type { Topology } from '@cascade/topology';
import { RefusedNameError } from '../errors.js';
import { kebabCase } from '../names.js';

/** Reserved names, by the reason for the reservation. */
const RESERVED: Record<string, readonly string[]> = {
  'a part of `npm start` or of docker-compose.yml': ['broker', 'databases', 'mail', 'nats', 'postgres'],
  'a name that the tools use': ['cascade', 'test', 'processor-under-test'],
  'a package of this workspace, `@app/contracts`': ['contracts'],
  'a word that JavaScript reserves': (
    'async await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super ' +
    'switch this throw true try typeof var void while with yield'
  ).split(' '),
  'a device on Windows, so it cannot be a file name there': ['con', 'prn', 'aux', 'nul'],
};

/** @throws RefusedNameError if a new processor cannot have the name */
export function refuseProcessorName(name: string, topology: Topology, hasOwnApp: boolean): void {
  if (!isProcessorName(name)) {
    const meant = kebabCase(name).replaceAll('.', '-');
    throw new RefusedNameError(
      `"${name}" is not a valid processor name. Use kebab-case and up to 64 characters, such as welcome-coupon.`,
      isProcessorName(meant) ? [`Did you mean ${meant}?`] : [],
    );
  }
  const reserved = Object.entries(RESERVED).find(([, names]) => names.includes(name));
  if (reserved)
    throw new RefusedNameError(`"${name}" is reserved: it is ${reserved[0]}.`, ['Choose another name.']);
  const processor = topology.processors.find((other) => other.name === name);
  if (processor) {
    throw new RefusedNameError(
      `There is a processor "${name}" already: ${processor.handler} in ${processor.app}.`,
      ['Choose another name.'],
    );
  }
  const app = topology.apps.find((other) => other.name === name);
  if (app && hasOwnApp) {
    throw new RefusedNameError(`There is an app "${name}" already.`, [
      `Choose another name. To add the processor to that app: --app ${name}.`,
    ]);
  }
}
