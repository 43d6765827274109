import { describePostgres, describeStores, eventually, startScript } from '@app/testing';
import { expect, it } from '@jest/globals';
import { asc } from 'drizzle-orm';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NoteWritten } from '../test/note-written.js';
import { Notebook, schema } from '../test/notebook.js';
import { RecordingPublisher } from '../test/recording-publisher.js';
import { outbox } from './outbox-table.js';

const hangingRelay = new URL('../test/hanging-relay.ts', import.meta.url);

function allPublished(notebook: Notebook): Promise<void> {
  return eventually(async () => expect(await notebook.unpublished()).toBe(0), { timeout: 10_000 });
}

describeStores((databases) => {
  it('publishes the rows of a relay that was killed, once its lease is over', async () => {
    const database = await databases.create();
    const migrations = await databases.migrationsFor(schema);
    const killed = startScript(hangingRelay, [JSON.stringify({ ...database, migrations, lease: 2_000 })]);
    try {
      expect(await killed.nextLine()).toBe('publishing 3 notes');
    } finally {
      await killed.kill();
    }

    const notebook = new Notebook(await databases.open({ schema, database }));
    const rows = () => notebook.store.db.select().from(outbox).orderBy(asc(outbox.position));
    const leases = (await rows()).map(({ leasedUntil }) => Number(leasedUntil));
    const publisher = new RecordingPublisher();
    notebook.startRelay(publisher);
    await allPublished(notebook);
    await notebook.stopRelays();

    expect(publisher.notes.map(({ author }) => author).sort()).toEqual(['ada', 'bob', 'cleo']);
    (await rows()).forEach(({ publishedAt }, index) => {
      expect(Number(publishedAt)).toBeGreaterThanOrEqual(leases[index] ?? Infinity);
    });
  });
});

describePostgres((databases) => {
  it('shares the rows with the relays of other replicas: each is published once, in the order of its key', async () => {
    const database = await databases.create();
    const replicas = [
      new Notebook(await databases.open({ schema, database })),
      new Notebook(await databases.open({ schema, database })),
    ] as const;
    // One list for both: the order across the relays is what matters.
    const published: NoteWritten[] = [];
    const publishers = replicas.map((replica) => {
      const publisher = new RecordingPublisher(async ({ data }) => {
        await sleep(Math.random() * 10);
        published.push(data as NoteWritten);
      });
      replica.startRelay(publisher);
      return publisher;
    });

    const authors = Array.from({ length: 30 }, (_, index) => `author ${index}`);
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(authors.map((author) => replicas[0].write(author, ...numbers)));
    await allPublished(replicas[1]);
    await Promise.all(replicas.map((replica) => replica.stopRelays()));

    expect(published).toHaveLength(authors.length * numbers.length);
    for (const author of authors) {
      const own = published.filter((note) => note.author === author);
      expect(own.map(({ number }) => number)).toEqual(numbers);
    }
    for (const publisher of publishers) expect(publisher.published.length).toBeGreaterThan(0);
  });
});
