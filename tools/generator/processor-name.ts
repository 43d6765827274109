import { isProcessorName } from '@cascade/jetstream';
import type { Topology } from '@cascade/topology';
import { RefusedNameError } from './errors.js';
import { kebabCase } from './names.js';

/** Names that something else goes by. */
const RESERVED: Record<string, readonly string[]> = {
  'a part of `npm start` or of docker-compose.yml': ['broker', 'databases', 'mail', 'nats', 'postgres'],
  'what the tools call themselves': ['cascade', 'test', 'processor-under-test'],
  'a package of this workspace, `@app/contracts`': ['contracts'],
  'a word that JavaScript reserves': (
    'async await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super ' +
    'switch this throw true try typeof var void while with yield'
  ).split(' '),
  'a device on Windows, where no file can have it': ['con', 'prn', 'aux', 'nul'],
};

/** @throws RefusedNameError where it is no name of a new processor */
export function refuseProcessorName(name: string, topology: Topology, hasOwnApp: boolean): void {
  if (!isProcessorName(name)) {
    const meant = kebabCase(name).replaceAll('.', '-');
    throw new RefusedNameError(
      `"${name}" is no name of a processor: those are in kebab-case, up to 64 characters, such as welcome-coupon.`,
      isProcessorName(meant) ? [`Did you mean ${meant}?`] : [],
    );
  }
  const reserved = Object.entries(RESERVED).find(([, names]) => names.includes(name));
  if (reserved)
    throw new RefusedNameError(`"${name}" is reserved: it is ${reserved[0]}.`, ['Take another name.']);
  const processor = topology.processors.find((other) => other.name === name);
  if (processor) {
    throw new RefusedNameError(
      `There is a processor "${name}" already: ${processor.handler} in ${processor.app}.`,
      ['Take another name.'],
    );
  }
  const app = topology.apps.find((other) => other.name === name);
  if (app && hasOwnApp) {
    throw new RefusedNameError(`There is an app "${name}" already.`, [
      `Take another name, or make the processor a part of an app: --app ${name}, with a name of its own.`,
    ]);
  }
}
