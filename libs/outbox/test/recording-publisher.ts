import type { PublishedEvent, StoredEvent } from '@cascade/jetstream';
import type { Publisher } from '../src/outbox/publish-rows.js';
import type { NoteWritten } from './note-written.js';

/** In place of the broker, which cannot be made to fail for one event, or to hang, at the moment that a spec needs it. */
export class RecordingPublisher implements Publisher {
  /** What was confirmed, in order. */
  readonly published: StoredEvent[] = [];
  tries = 0;

  /** @param confirm Resolves when the broker has stored the event. */
  constructor(public confirm: (event: StoredEvent) => Promise<unknown> = () => Promise.resolve()) {}

  async publishStored(event: StoredEvent): Promise<PublishedEvent> {
    this.tries++;
    await this.confirm(event);
    this.published.push(event);
    return event;
  }

  get notes(): NoteWritten[] {
    return this.published.map(({ data }) => data as NoteWritten);
  }

  /** The numbers of an author's notes, in the order in which they were confirmed. */
  numbersOf(author: string): number[] {
    return this.notes.filter((note) => note.author === author).map((note) => note.number);
  }
}
