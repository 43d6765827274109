import { EventPublisher, newEventId, type JetStreamConnection } from '@cascade/jetstream';
import type { Store } from '@cascade/store';
import { eq, isNull } from 'drizzle-orm';
import { OutboxRelay, type OutboxOptions } from '../src/outbox/outbox-relay.js';
import { outbox, type OutboxRow } from '../src/outbox/outbox-table.js';
import { Outbox } from '../src/outbox/outbox.js';
import { NoteWritten } from './note-written.js';
import { RecordingPublisher } from './recording-publisher.js';

export const schema = { outbox };

/** Service that adds notes to its outbox, with the relays that publish the notes. */
export class Notebook {
  readonly outbox: Outbox;
  private readonly relays: OutboxRelay[] = [];

  constructor(readonly store: Store<typeof schema>) {
    // Adding an event uses the publisher's declarations, but not its connection.
    const publisher = new EventPublisher({} as JetStreamConnection, {
      source: 'notebook',
      publishes: [NoteWritten],
    });
    this.outbox = new Outbox(store, this.newRelay(new RecordingPublisher()), publisher);
  }

  startRelay(publisher: RecordingPublisher, options?: OutboxOptions): OutboxRelay {
    const relay = this.newRelay(publisher, options);
    this.relays.push(relay);
    relay.start();
    return relay;
  }

  async stopRelays(): Promise<void> {
    await Promise.all(this.relays.splice(0).map((relay) => relay.stop()));
  }

  /** Adds notes, each in a separate transaction and with its author as the key. */
  async write(author: string, ...numbers: number[]): Promise<string[]> {
    const ids: string[] = [];
    for (const number of numbers) {
      const event = new NoteWritten({ author, number });
      const { id } = await this.store.db.transaction((tx) => this.outbox.add(tx, event, { key: author }));
      ids.push(id);
    }
    return ids;
  }

  /** Adds many notes in a single statement, in the given order. */
  async writeMany(notes: ConstructorParameters<typeof NoteWritten>[0][]): Promise<void> {
    const { name, version } = NoteWritten.event;
    const rows = notes.map((data) => {
      const id = newEventId();
      return { id, key: data.author, name, version, data, correlationId: id };
    });
    await this.store.db.insert(outbox).values(rows);
  }

  async rowOf(id: string): Promise<OutboxRow | undefined> {
    return this.store.db.query.outbox.findFirst({ where: eq(outbox.id, id) });
  }

  async unpublished(): Promise<number> {
    return this.store.db.$count(outbox, isNull(outbox.publishedAt));
  }

  private newRelay(publisher: RecordingPublisher, options: OutboxOptions = {}): OutboxRelay {
    return new OutboxRelay(this.store, publisher, options);
  }
}
