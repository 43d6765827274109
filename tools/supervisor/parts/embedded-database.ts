import { copyPgliteTemplate } from '@cascade/store';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiled } from '../../checkout.js';

const run = promisify(execFile);
let template: Promise<string> | undefined;

/**
 * Copies an empty database into a service's folder, unless the folder has one. The template is created once for each checkout.
 * Without it, each service would need 2 to 4 s of CPU at its first start.
 */
export async function prepareEmbeddedDatabase(root: string, folder: string): Promise<void> {
  template ??= makeTemplate(root);
  await mkdir(folder, { recursive: true });
  await copyPgliteTemplate(await template, folder);
}

/** Creates the template in another process, which returns the memory that the database takes. */
async function makeTemplate(root: string): Promise<string> {
  const script = compiled(root, 'tools/supervisor/parts/make-template.ts');
  const { stdout } = await run(process.execPath, [script, join(root, '.cache')]);
  return stdout.trim();
}
