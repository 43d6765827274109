import type { PublishedEvent, StoredEvent } from '@cascade/jetstream';
import type { Publisher } from '../src/outbox/publish-rows.js';
import type { NoteWritten } from './note-written.js';

/**
 * Publisher that records events instead of sending them to a broker. A real broker cannot be made to fail or hang for a single
 * event.
 */
export class RecordingPublisher implements Publisher {
  /** Confirmed events, in order. */
  readonly published: StoredEvent[] = [];
  tries = 0;

  /** @param confirm Called for each publish. Resolves if the fake broker confirms the event, and rejects if the publish fails. */
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

  /** Returns the numbers of an author's notes, in the order of their confirmation. */
  numbersOf(author: string): number[] {
    return this.notes.filter((note) => note.author === author).map((note) => note.number);
  }
}
