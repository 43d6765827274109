import { copyPgliteTemplate } from '@cascade/store';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compiled } from '../../checkout.js';

const run = promisify(execFile);
let template: Promise<string> | undefined;

/**
 * Copies a template with an empty database into a service's folder, unless the folder already has a database. The template is
 * created once for each checkout. Without the template, each service would need 2 to 4 s of CPU time at its first start.
 */
export async function prepareEmbeddedDatabase(root: string, folder: string): Promise<void> {
  template ??= makeTemplate(root);
  await mkdir(folder, { recursive: true });
  await copyPgliteTemplate(await template, folder);
}

/** Creates the template in another process, so that the memory of the database is freed when that process ends. */
async function makeTemplate(root: string): Promise<string> {
  const script = compiled(root, 'tools/supervisor/parts/make-template.ts');
  const { stdout } = await run(process.execPath, [script, join(root, '.cache')]);
  return stdout.trim();
}
