import { TopologyError } from '@cascade/topology';
import { readDeclared, type Declared } from '../declared.js';
import { CommandError } from '../errors.js';
import type { Host } from '../host.js';
import { counted } from '../text/numbers.js';
import { fault, ok, type Finding } from './finding.js';

/** Checks that the declarations can be read, because other checks compare the broker with the declarations. */
export async function checkCode(
  host: Host,
): Promise<{ findings: Finding[]; declared: Declared | undefined }> {
  try {
    const declared = await readDeclared(host);
    const { apps, processors } = declared;
    const says = `${counted(apps, 'app')}, ${counted(processors.length, 'processor')}`;
    return { findings: [ok('code', says)], declared };
  } catch (error) {
    if (!(error instanceof TopologyError || error instanceof CommandError)) throw error;
    const remedies = error instanceof CommandError ? error.remedies : [];
    const remedy = [...remedies, 'Until then, streams and consumers are not compared with the code.'].join(
      ' ',
    );
    return { findings: [fault('code', error.message, remedy)], declared: undefined };
  }
}
