import { copyPgliteTemplate as copy, pgliteTemplate } from '@cascade/store';
import { join } from 'node:path';
import { projectFolder } from '../project-folder.js';

/** Makes an embedded database by copying an empty one, which is kept in the project's cache. */
export async function copyPgliteTemplate(dataDir: string): Promise<void> {
  await copy(await pgliteTemplate(join(projectFolder(), '.cache')), dataDir);
}
