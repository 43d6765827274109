import 'reflect-metadata';
import { openStore } from '@cascade/store';
import { Notebook, schema } from './notebook.js';
import { RecordingPublisher } from './recording-publisher.js';

// Adds three notes and starts a relay whose broker never answers. Prints a line when all three notes are in flight. Runs until
// the process is killed.
const { lease, ...database } = JSON.parse(process.argv[2] ?? '') as {
  lease: number;
  dataDir: string;
  migrations: string;
};
const notebook = new Notebook(await openStore({ schema, ...database }));
await Promise.all(['ada', 'bob', 'cleo'].map((author) => notebook.write(author, 1)));
const publisher = new RecordingPublisher(() => {
  if (publisher.tries === 3) console.log('publishing 3 notes');
  return new Promise(() => undefined);
});
notebook.startRelay(publisher, { lease });
