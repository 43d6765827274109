import type { ProcessorDeclaration } from '@app/jetstream';
import { readSystem, TopologyError } from '@app/topology';
import type { Host } from '../host.js';
import { counted } from '../text/numbers.js';
import { fault, ok, type Finding } from './finding.js';

/** Whether the declarations can be read; the other checks need them. */
export async function checkCode(
  host: Host,
): Promise<{ findings: Finding[]; processors: ProcessorDeclaration[] }> {
  try {
    const { apps } = await readSystem(host);
    const processors = apps.flatMap((app) => app.processors.map(({ declaration }) => declaration));
    const says = `${counted(apps.length, 'app')}, ${counted(processors.length, 'processor')}`;
    return { findings: [ok('code', says)], processors };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    return {
      findings: [
        fault('code', error.message, 'mend it; processors and their consumers are not checked until then'),
      ],
      processors: [],
    };
  }
}
