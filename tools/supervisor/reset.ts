import { resolve } from 'node:path';
import { DataFolder, DATA_FOLDER } from './data-folder.js';

/**
 * Runs `npm run reset`, which deletes all state.
 *
 * @throws DataFolderInUseError if a system uses the state
 */
export async function main(): Promise<number> {
  const folder = await DataFolder.claim(resolve(DATA_FOLDER));
  await folder.clear();
  await folder.release();
  process.stdout.write(`${DATA_FOLDER} is empty: streams, databases and mails are deleted.\n`);
  return 0;
}
