import { resolve } from 'node:path';
import { DataFolder, DataFolderInUseError, DATA_FOLDER } from './data-folder.js';

/** `npm run reset`: deletes all state. Refuses while a system uses it. */
export async function main(): Promise<number> {
  try {
    const folder = await DataFolder.claim(resolve(DATA_FOLDER));
    await folder.clear();
    await folder.release();
    process.stdout.write(`${DATA_FOLDER} is empty: streams, databases and mails are deleted.\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
    process.stderr.write(`${error.message}\nStop it first. Nothing was deleted.\n`);
    return 1;
  }
}
