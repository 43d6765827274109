import { resolve } from 'node:path';
import { DataFolder, DATA_FOLDER } from './data-folder.js';

/** `npm run reset`: deletes all state. @throws DataFolderInUseError while a system uses it */
export async function main(): Promise<number> {
  const folder = await DataFolder.claim(resolve(DATA_FOLDER));
  await folder.clear();
  await folder.release();
  process.stdout.write(`${DATA_FOLDER} is empty: streams, databases and mails are deleted.\n`);
  return 0;
}
