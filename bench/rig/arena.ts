import { findNatsServer, type Broker, type NatsServer } from '@cascade/embedded-broker';
import { EVENTS_STREAM, streamConfigs } from '@cascade/jetstream';
import { eventually, startTestBroker } from '@cascade/testing';
import { jetstreamManager, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

let found: Promise<NatsServer> | undefined;

/** A broker for one contestant, with an empty stream that has Cascade's settings. */
export class Arena {
  private constructor(
    readonly broker: Broker,
    readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
  ) {}

  static async open(): Promise<Arena> {
    found ??= findNatsServer();
    const broker = await startTestBroker({ server: await found, timeout: 30_000 });
    const connection = await connect({ servers: broker.url, noAsyncTraces: true });
    const manager = await jetstreamManager(connection, { checkAPI: false });
    await manager.streams.add(streamConfigs().find(({ name }) => name === EVENTS_STREAM)!);
    return new Arena(broker, connection, manager);
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.broker.stop();
  }

  async stored(): Promise<number> {
    return (await this.manager.streams.info(EVENTS_STREAM)).state.messages;
  }

  /**
   * Waits until the stream contains at least `count` events.
   *
   * @returns the time of the last check, from `performance.now()`
   * @throws Error if the stream contains fewer events after 120 s
   */
  async untilStored(count: number): Promise<number> {
    const reached = async () => {
      const stored = await this.stored();
      if (stored < count) throw new Error(`${stored} of ${count} events are stored`);
      return performance.now();
    };
    return eventually(reached, { timeout: 120_000, interval: 5 });
  }

  /** Returns the number of events that a consumer has acknowledged; 0 if the consumer does not exist yet. */
  async handled(durable: string): Promise<number> {
    try {
      const { delivered, num_ack_pending } = await this.manager.consumers.info(EVENTS_STREAM, durable);
      return delivered.consumer_seq - num_ack_pending;
    } catch (error) {
      if (error instanceof JetStreamApiError) return 0;
      throw error;
    }
  }
}
