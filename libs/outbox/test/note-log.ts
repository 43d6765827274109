import { channelOf, EVENTS_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { NoteWritten } from './note-written.js';

const CHANNEL = channelOf(NoteWritten.event.name);
const STREAM_FULL = 10_077;

/** Reads the notes that a broker has stored, over a separate connection. */
export class NoteLog {
  private constructor(
    private readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
  ) {}

  static async open(url: string): Promise<NoteLog> {
    const connection = await connect({ servers: url });
    return new NoteLog(connection, await jetstreamManager(connection));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async count(): Promise<number> {
    const { state } = await this.manager.streams.info(EVENTS_STREAM, { subjects_filter: CHANNEL });
    return state.subjects?.[CHANNEL] ?? 0;
  }

  /** Waits until the stream has exactly `count` notes. Returns the numbers of each author's notes, in the order of the stream. */
  async notes(count: number): Promise<Map<string, number[]>> {
    await eventually(async () => {
      const stored = await this.count();
      if (stored !== count) throw new Error(`${stored} notes are stored, not ${count}`);
    });
    const notes = new Map<string, number[]>();
    const consumer = await jetstream(this.connection).consumers.get(EVENTS_STREAM, {
      filter_subjects: CHANNEL,
    });
    for await (const message of await consumer.fetch({ max_messages: count, expires: 5_000 })) {
      const { author, number } = message.json<NoteWritten>();
      notes.set(author, [...(notes.get(author) ?? []), number]);
    }
    return notes;
  }

  /** Waits until the stream is full. */
  async untilFull(): Promise<void> {
    await eventually(async () => {
      const code = await jetstream(this.connection)
        .publish('events.probe.sent', '{}'.padEnd(300))
        .then(() => undefined)
        .catch((error: unknown) => (error as { code?: unknown }).code);
      if (code !== STREAM_FULL) throw new Error(`there is room in the stream: ${String(code)}`);
    });
  }
}
