import { jetstream, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, FAILURES_STREAM } from '@cascade/jetstream';

/** A stored event, as any NATS client can read it. */
export interface StoredEvent {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Record<string, unknown>;
}

/** Reads and writes events as a plain NATS client, without Cascade's transport. */
export class EventLog {
  private constructor(
    private readonly connection: NatsConnection,
    private readonly sources: readonly string[] | undefined,
  ) {}

  /** @param sources Services and processors whose events are read. Default: all services and processors. */
  static async open(natsUrl: string, sources?: readonly string[]): Promise<EventLog> {
    return new EventLog(await connect({ servers: natsUrl }), sources);
  }

  /** Returns all events of a flow, in the order of the stream. */
  async flow(correlationId: string): Promise<StoredEvent[]> {
    const events = await this.readAll(EVENTS_STREAM);
    return events.filter(({ headers }) => headers['ce-correlationid'] === correlationId);
  }

  /** Returns all events on a subject, in the order of the stream. */
  async published(subject: string): Promise<StoredEvent[]> {
    const events = await this.readAll(EVENTS_STREAM);
    return events.filter((event) => event.subject === subject);
  }

  failures(): Promise<StoredEvent[]> {
    return this.readAll(FAILURES_STREAM);
  }

  /** Publishes a body, which need not be JSON. Resolves when the broker has stored the message. */
  async publish(subject: string, body: string): Promise<void> {
    await jetstream(this.connection).publish(subject, body);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async readAll(stream: string): Promise<StoredEvent[]> {
    const consumer = await jetstream(this.connection).consumers.get(stream);
    const { num_pending: count } = await consumer.info();
    const events: StoredEvent[] = [];
    if (count === 0) return events;
    for await (const message of await consumer.fetch({ max_messages: count, expires: 2_000 })) {
      const event = read(message);
      if (!this.sources || this.sources.includes(event.headers['ce-source'] ?? '')) events.push(event);
    }
    return events;
  }
}

function read(message: JsMsg): StoredEvent {
  const names = message.headers?.keys() ?? [];
  return {
    subject: message.subject,
    headers: Object.fromEntries(names.map((name) => [name, message.headers!.get(name)])),
    body: parse(message),
  };
}

/** Parses the body of a message; returns an empty object if the body is not JSON. */
function parse(message: JsMsg): Record<string, unknown> {
  try {
    return message.json<Record<string, unknown>>();
  } catch {
    return {};
  }
}
