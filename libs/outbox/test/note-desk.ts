import { channelOf, FAILURES_STREAM } from '@cascade/jetstream';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { NoteFiled } from './note-filed.js';
import { NoteWritten } from './note-written.js';

/** Broker client that submits notes, and records the events that the filing service publishes. */
export class NoteDesk {
  /** Events that the service has published, in order, including duplicates that the broker dropped. */
  readonly published: { id: string; note: NoteFiled }[] = [];

  private constructor(private readonly connection: NatsConnection) {
    connection.subscribe(channelOf(NoteFiled.event.name), {
      callback: (_error, message) =>
        void this.published.push({ id: message.headers?.get('ce-id') ?? '', note: message.json() }),
    });
  }

  static async open(url: string): Promise<NoteDesk> {
    const desk = new NoteDesk(await connect({ servers: url }));
    await desk.connection.flush();
    return desk;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** Submits a note `copies` times under one event id, as if each copy were published after the broker's duplicate window. */
  async handIn(id: string, copies = 1): Promise<void> {
    const eventHeaders = headers();
    eventHeaders.set('ce-id', encodeURIComponent(id));
    const note = JSON.stringify(new NoteWritten({ author: id.slice(-20).replace('\0', ''), number: 1 }));
    const publish = () =>
      jetstream(this.connection).publish(channelOf(NoteWritten.event.name), note, { headers: eventHeaders });
    await Promise.all(Array.from({ length: copies }, publish));
  }

  /** Returns the places in all published events with this id. */
  placesOf(id: string): string[] {
    return this.published.filter((each) => each.id === id).map(({ note }) => note.place);
  }

  /** Returns the number of events that are undelivered or not acknowledged. */
  async unsettled(): Promise<number> {
    const { consumers } = await jetstreamManager(this.connection);
    const found = await Promise.all(['EVENTS', 'RETRIES'].map((stream) => consumers.info(stream, 'filing')));
    return found.reduce((sum, info) => sum + info.num_ack_pending + info.num_pending, 0);
  }

  async failures(): Promise<number> {
    const { streams } = await jetstreamManager(this.connection);
    return (await streams.info(FAILURES_STREAM)).state.messages;
  }
}
