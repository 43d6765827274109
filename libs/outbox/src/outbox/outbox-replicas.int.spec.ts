import { openStore } from '@cascade/store';
import {
  describePostgres,
  describeStores,
  eventually,
  startScript,
  startTestBroker,
  type Script,
} from '@cascade/testing';
import { expect, it } from '@jest/globals';
import { asc, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { NoteLog } from '../../test/note-log.js';
import type { NoteWritten } from '../../test/note-written.js';
import { Notebook, schema } from '../../test/notebook.js';
import { startNotebookService, type NotebookServiceOptions } from '../../test/notebook-service.js';
import { RecordingPublisher } from '../../test/recording-publisher.js';
import { claimRows } from './claim-rows.js';
import { outbox } from './outbox-table.js';

const hangingRelay = new URL('../../test/hanging-relay.ts', import.meta.url);

const relayService = new URL('../../test/relay-service.ts', import.meta.url);

async function write(options: NotebookServiceOptions['store'], authors: number, each: number): Promise<void> {
  const store = await openStore({ schema, ...options });
  const notes = Array.from({ length: authors * each }, (_, index) => ({
    author: `author ${index % authors}`,
    number: Math.floor(index / authors),
  }));
  await new Notebook(store).writeMany(notes);
  await store.close();
}

/** Prevents relays from claiming rows until `work` is done. Otherwise, the first relay to start would publish all rows. */
async function whileHeld(
  options: NotebookServiceOptions['store'],
  work: () => Promise<unknown>,
): Promise<void> {
  const store = await openStore({ schema, ...options });
  await store.db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${outbox} in exclusive mode`);
    await work();
  });
  await store.close();
}

function allPublished(notebook: Notebook): Promise<void> {
  return eventually(async () => expect(await notebook.unpublished()).toBe(0), { timeout: 10_000 });
}

describeStores((databases, kind) => {
  it('stores each event once and in order, even if relays are killed while they publish', async () => {
    const broker = await startTestBroker();
    const scripts: Script[] = [];
    try {
      const store = await databases.createFor(schema);
      const options = { store, broker: { servers: broker.url }, outbox: { lease: 1_000 } };
      const [authors, each] = [100, 50];
      await write(store, authors, each);

      const log = await NoteLog.open(broker.url);
      for (let round = 0; round < 2; round++) {
        const stored = round === 0 ? 0 : await log.count();
        const start = async (): Promise<void> => {
          scripts.push(startScript(relayService, [JSON.stringify(options)]));
          await scripts.at(-1)?.nextLine();
        };
        // Only one process at a time can open an embedded database.
        if (kind === 'postgres') await whileHeld(store, () => Promise.all([start(), start()]));
        else await start();
        await eventually(async () => expect(await log.count()).toBeGreaterThan(stored + 100), {
          timeout: 10_000,
          interval: 5,
        });
        await Promise.all(scripts.splice(0).map((script) => script.kill()));
      }
      expect(await log.count()).toBeLessThan(authors * each);

      const service = await startNotebookService(options);
      const notes = await log.notes(authors * each);
      await service.close();
      await log.close();
      expect(notes.size).toBe(authors);
      for (const numbers of notes.values()) expect(numbers).toEqual([...Array(each).keys()]);
    } finally {
      await Promise.all(scripts.map((script) => script.kill()));
      await broker.stop();
    }
  }, 60_000);

  it('publishes the rows of a killed relay after its lease', async () => {
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

describeStores((databases) => {
  it('claims only its own rows again if the database failed before it answered', async () => {
    const store = await databases.open({ schema });
    await new Notebook(store).write('ann', 1, 2);
    const [own, other] = [randomUUID(), randomUUID()].map((owner) => ({ owner, duration: 60_000 }));
    const lost = await claimRows(store.db, own!, 100);

    expect(await claimRows(store.db, other!, 100)).toEqual([]);
    expect((await claimRows(store.db, own!, 100)).map(({ id }) => id)).toEqual(lost.map(({ id }) => id));
    expect(lost).toHaveLength(2);
  });
});

describePostgres((databases) => {
  it('shares the rows with the relays of other replicas, and publishes each row once, in the order of its key', async () => {
    const database = await databases.create();
    const replicas = [
      new Notebook(await databases.open({ schema, database })),
      new Notebook(await databases.open({ schema, database })),
    ] as const;
    // Both relays use a single list, because the order across the relays matters.
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
