import { jetstream, jetstreamManager, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

export interface Backlog {
  /** Number of events that are stored but not delivered. */
  readonly waiting: number;
  /** Number of events that are delivered but not acknowledged. */
  readonly inFlight: number;
  /** Number of deliveries so far, including redeliveries. */
  readonly deliveries: number;
}

/** A plain NATS client, which uses the broker without Cascade's transport. */
export class PlainClient {
  private constructor(
    readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
  ) {}

  static async connect(servers: string): Promise<PlainClient> {
    const connection = await connect({
      servers,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      noAsyncTraces: true,
    });
    return new PlainClient(connection, await jetstreamManager(connection, { checkAPI: false }));
  }

  /** @throws Error if the stream or the consumer does not exist */
  async backlog(stream: string, durable: string): Promise<Backlog> {
    const info = await this.manager.consumers.info(stream, durable);
    return {
      waiting: info.num_pending,
      inFlight: info.num_ack_pending,
      deliveries: info.delivered.consumer_seq,
    };
  }

  /** Returns the backlogs of all consumers of a stream, by name. */
  async backlogs(stream: string): Promise<Map<string, Backlog>> {
    const backlogs = new Map<string, Backlog>();
    for await (const { name } of this.manager.consumers.list(stream)) {
      backlogs.set(name, await this.backlog(stream, name));
    }
    return backlogs;
  }

  /** Counts the messages on a subject, which may have wildcards. */
  async count(stream: string, subject: string): Promise<number> {
    const { state } = await this.manager.streams.info(stream, { subjects_filter: subject });
    return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
  }

  /** Reads all messages on a subject, starting with the oldest message. */
  async *read(stream: string, subject: string): AsyncGenerator<JsMsg> {
    const consumer = await jetstream(this.connection).consumers.get(stream, { filter_subjects: [subject] });
    for (let left = (await consumer.info()).num_pending; left > 0;) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, 1_000), expires: 5_000 });
      for await (const message of batch) {
        left -= 1;
        yield message;
      }
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
