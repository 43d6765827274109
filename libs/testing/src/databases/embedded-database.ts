import { copyPgliteTemplate as copy, pgliteTemplate } from '@cascade/store';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Makes an embedded database by copying an empty one, which is kept in the project's cache. */
export async function copyPgliteTemplate(dataDir: string): Promise<void> {
  await copy(await pgliteTemplate(join(projectFolder(), '.cache')), dataDir);
}

function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'nest-cli.json'))) folder = dirname(folder);
  return folder;
}
