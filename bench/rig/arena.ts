import { findNatsServer, startBroker, type Broker, type NatsServer } from '@app/embedded-broker';
import {
  DiscardPolicy,
  jetstreamManager,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@app/testing';

let found: Promise<NatsServer> | undefined;
const NANOSECONDS = 1_000_000;
const DAY = 24 * 60 * 60 * 1_000;

/** A broker of a contestant's own, with an empty stream: for all the one that Cascade declares. */
export class Arena {
  private constructor(
    readonly broker: Broker,
    readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
    private readonly folder: string,
  ) {}

  static async open(): Promise<Arena> {
    found ??= findNatsServer();
    const folder = await mkdtemp(join(tmpdir(), 'cascade-bench-'));
    const broker = await startBroker({ storeDir: folder, server: await found, timeout: 30_000 });
    const connection = await connect({ servers: broker.url, noAsyncTraces: true });
    const manager = await jetstreamManager(connection, { checkAPI: false });
    await manager.streams.add({
      name: 'EVENTS',
      subjects: ['events.>', 'replay.>'],
      description: 'Cascade: every event and replay',
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      max_bytes: 1024 ** 3,
      max_age: 7 * DAY * NANOSECONDS,
      duplicate_window: 10 * 60 * 1_000 * NANOSECONDS,
    });
    return new Arena(broker, connection, manager, folder);
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.broker.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Events that the stream holds. */
  async stored(): Promise<number> {
    return (await this.manager.streams.info('EVENTS')).state.messages;
  }

  /** Waits until the stream holds so many. @returns when that was seen, by `performance.now()` */
  async untilStored(count: number): Promise<number> {
    const reached = async () => {
      const stored = await this.stored();
      if (stored < count) throw new Error(`${stored} of ${count} events are stored`);
      return performance.now();
    };
    return eventually(reached, { timeout: 120_000, interval: 5 });
  }

  /** Events that a consumer has answered for good; 0 where there is no such consumer yet. */
  async handled(durable: string): Promise<number> {
    try {
      const { delivered, num_ack_pending } = await this.manager.consumers.info('EVENTS', durable);
      return delivered.consumer_seq - num_ack_pending;
    } catch (error) {
      if (error instanceof JetStreamApiError) return 0;
      throw error;
    }
  }
}
