import type { Broker } from '@cascade/embedded-broker';
import { brokerState, createMicroservice, eventually, startTestBroker } from '@cascade/testing';
import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import type { INestApplicationContext, INestMicroservice, ModuleMetadata, Type } from '@nestjs/common';
import { OrderConfirmed, OrderPlaced } from './events.js';
import {
  EventPublisher,
  JetStreamConnection,
  JetStreamModule,
  type JetStreamOptions,
  processorsOf,
  Provisioning,
} from '@cascade/jetstream';

/** A broker, a plain client beside the transport, and the applications that a spec starts on it. */
export class Transport {
  private readonly applications: INestMicroservice[] = [];

  private constructor(
    readonly broker: Broker,
    readonly client: NatsConnection,
  ) {}

  static async start(): Promise<Transport> {
    return Transport.startOn(await startTestBroker());
  }

  static async startOn(broker: Broker): Promise<Transport> {
    const client = await connect({ servers: broker.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    return new Transport(broker, client);
  }

  async stop(): Promise<void> {
    await this.closeApplications();
    await this.client.close();
    await this.broker.stop();
  }

  async closeApplications(): Promise<void> {
    await Promise.all(this.applications.splice(0).map((application) => application.close()));
  }

  /** Starts an application; its module is made of `metadata` and the transport. */
  async run(metadata: ModuleMetadata, options: Partial<JetStreamOptions> = {}): Promise<INestMicroservice> {
    const application = await this.make(metadata, options);
    await application.listen();
    return application;
  }

  /** An application as {@link run} starts it, not started yet. */
  async make(metadata: ModuleMetadata, options: Partial<JetStreamOptions> = {}): Promise<INestMicroservice> {
    const application = await createMicroservice(moduleOf(this.broker.url, metadata, options));
    this.applications.push(application);
    return application;
  }

  /** Works as the operator of a system that declares these processors. */
  async operate<Result>(
    controllers: Type[],
    work: (provisioning: Provisioning) => Promise<Result>,
    servers = this.broker.url,
  ): Promise<Result> {
    const connection = new JetStreamConnection({ source: 'operator', servers });
    const declarations = controllers.flatMap(processorsOf).map(({ declaration }) => declaration);
    try {
      return await work(new Provisioning(connection, declarations));
    } finally {
      await connection.close();
    }
  }

  publisherOf(application: INestApplicationContext): EventPublisher {
    return application.get(EventPublisher, { strict: false });
  }

  /** Publishes as any NATS client would, without headers unless given. */
  publish(subject: string, body: unknown, extra: Record<string, string> = {}): void {
    const messageHeaders = headers();
    for (const [name, value] of Object.entries(extra)) messageHeaders.append(name, value);
    const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
    this.client.publish(
      subject,
      bytes,
      Object.keys(extra).length > 0 ? { headers: messageHeaders } : undefined,
    );
  }

  /** Everything stored on a subject, in order, once there are at least `count`. */
  async stored(stream: string, subject: string, count: number, timeout?: number): Promise<StoredMsg[]> {
    return eventually(
      async () => {
        const messages = await this.read(stream, subject);
        if (messages.length < count) throw new Error(`${messages.length} of ${count} messages on ${subject}`);
        return messages;
      },
      { ...(timeout ? { timeout } : {}), instead: () => brokerState(this.client) },
    );
  }

  async read(stream: string, subject: string): Promise<StoredMsg[]> {
    const { streams } = await jetstreamManager(this.client);
    const messages: StoredMsg[] = [];
    for (let seq = 1; ; seq = messages.at(-1)!.seq + 1) {
      // A field of the server's API (`next_by_subj`) that the client's types do not know.
      const message = await streams.getMessage(stream, { seq, next_by_subj: subject } as { seq: number });
      if (!message) return messages;
      messages.push(message);
    }
  }

  /** Events delivered to a processor and not yet answered, and those not yet delivered. */
  async backlog(processor: string, stream = 'EVENTS'): Promise<{ inFlight: number; waiting: number }> {
    const manager = await jetstreamManager(this.client);
    const info = await manager.consumers.info(stream, processor);
    return { inFlight: info.num_ack_pending, waiting: info.num_pending };
  }

  /** Events of its channel and retries that a processor, with all its replicas, has and has not answered. */
  async inHand(processor: string): Promise<number> {
    const backlogs = ['EVENTS', 'RETRIES'].map((stream) => this.backlog(processor, stream));
    return (await Promise.all(backlogs)).reduce((sum, { inFlight }) => sum + inFlight, 0);
  }
}

export function moduleOf(servers: string, metadata: ModuleMetadata, options: Partial<JetStreamOptions> = {}) {
  return {
    module: class SpecModule {},
    ...metadata,
    imports: [
      JetStreamModule.forRoot({
        source: 'spec',
        servers,
        publishes: [OrderPlaced, OrderConfirmed],
        ...options,
      }),
      ...(metadata.imports ?? []),
    ],
  };
}
