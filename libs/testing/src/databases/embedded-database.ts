import { copyPgliteTemplate, pgliteTemplate } from '@cascade/store';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../project-folder.js';

/** Empty embedded database in a temporary folder. */
export interface EmbeddedDatabase {
  dataDir: string;
  /** Removes the folder. */
  remove(this: void): Promise<void>;
}

/** Creates an embedded database by copying an empty database from the project's cache. */
export async function createEmbeddedDatabase(): Promise<EmbeddedDatabase> {
  const template = await pgliteTemplate(join(projectFolder(), '.cache'));
  const dataDir = await mkdtemp(join(tmpdir(), 'cascade-store-'));
  await copyPgliteTemplate(template, dataDir);
  return { dataDir, remove: () => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }) };
}
