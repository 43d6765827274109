import { openStore } from '../src/open-store.js';
import { migrations, notes } from './notes.js';

// Opens the database in the folder that the argument names, prints `open`, and writes rows until the process is killed. Prints
// the id of each row after the row is committed.
const [dataDir = ''] = process.argv.slice(2);
const store = await openStore({ schema: { notes }, migrations, dataDir });
console.log('open');
for (let id = 1; ; id++) {
  await store.db.insert(notes).values({ id, text: `note ${id}` });
  console.log(String(id));
}
