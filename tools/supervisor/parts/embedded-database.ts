import { copyPgliteTemplate } from '@cascade/store';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiled } from '../../checkout.js';

const run = promisify(execFile);
let template: Promise<string> | undefined;

/**
 * Puts an empty database into a service's folder where there is none. All services copy one, which is made once for a
 * checkout: each would otherwise compute for 2 to 4 s at the first start.
 */
export async function prepareEmbeddedDatabase(root: string, folder: string): Promise<void> {
  template ??= makeTemplate(root);
  await mkdir(folder, { recursive: true });
  await copyPgliteTemplate(await template, folder);
}

/** In a process of its own, for the memory that the database takes. */
async function makeTemplate(root: string): Promise<string> {
  const script = compiled(root, 'tools/supervisor/parts/make-template.ts');
  const { stdout } = await run(process.execPath, [script, join(root, '.cache')]);
  return stdout.trim();
}
