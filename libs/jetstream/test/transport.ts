import type { Broker } from '@cascade/embedded-broker';
import { brokerState, createMicroservice, eventually, startTestBroker } from '@cascade/testing';
import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
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

type BrokerSettings = NonNullable<Parameters<typeof startTestBroker>[0]>['settings'];

/**
 * Provides the specs of a file, or of a `describe`, with a running {@link Transport}.
 *
 * @param settings settings of the broker
 * @param afterSpec runs after each spec; by default, closes the spec's applications
 */
export function useTransport(
  settings: BrokerSettings = {},
  afterSpec = (transport: Transport): Promise<void> | void => transport.closeApplications(),
): Transport {
  const transport = new Transport();
  beforeAll(() => transport.start(settings));
  afterEach(() => afterSpec(transport));
  afterAll(() => transport.stop());
  return transport;
}

/**
 * A broker, a plain client in addition to the transport, and the applications that a spec starts. Unlike TestChannels of the test
 * kit, this class publishes and reads raw messages on any subject. The class also changes processors, streams and rights.
 */
export class Transport {
  broker!: Broker;
  client!: NatsConnection;
  private readonly applications: INestMicroservice[] = [];

  async start(settings: BrokerSettings = {}): Promise<this> {
    this.broker = await startTestBroker({ settings });
    const servers = this.broker.url;
    this.client = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    return this;
  }

  async stop(): Promise<void> {
    await this.closeApplications();
    await this.client.close();
    await this.broker.stop();
  }

  async closeApplications(): Promise<void> {
    await Promise.all(this.applications.splice(0).map((application) => application.close()));
  }

  async deleteStreams(): Promise<void> {
    const { streams } = await jetstreamManager(this.client);
    for (const name of ['EVENTS', 'RETRIES', 'FAILURES']) await streams.delete(name).catch(() => false);
  }

  /** Starts an application whose module has `metadata` and the transport. */
  async run(metadata: ModuleMetadata, options: Partial<JetStreamOptions> = {}): Promise<INestMicroservice> {
    const application = await this.make(metadata, options);
    await application.listen();
    return application;
  }

  /** Creates an application as {@link run} does, but does not start it. */
  async make(metadata: ModuleMetadata, options: Partial<JetStreamOptions> = {}): Promise<INestMicroservice> {
    const application = await createMicroservice(moduleOf(this.broker.url, metadata, options));
    this.applications.push(application);
    return application;
  }

  /** Runs `work` as the operator of a system that declares the processors of the given controllers. */
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

  /** Publishes a message as a plain NATS client, with only the `extra` headers. */
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

  /** Waits for `count` messages on a subject, and returns all of them in order. */
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
      // The client's types lack `next_by_subj`, a field of the server's API.
      const message = await streams.getMessage(stream, { seq, next_by_subj: subject } as { seq: number });
      if (!message) return messages;
      messages.push(message);
    }
  }

  /** Returns the number of a processor's events in flight, and the number of events that have not been delivered yet. */
  async backlog(processor: string, stream = 'EVENTS'): Promise<{ inFlight: number; waiting: number }> {
    const manager = await jetstreamManager(this.client);
    const info = await manager.consumers.info(stream, processor);
    return { inFlight: info.num_ack_pending, waiting: info.num_pending };
  }

  /** Returns the number of events and retries in flight, for all replicas of a processor. */
  async inFlight(processor: string): Promise<number> {
    const backlogs = ['EVENTS', 'RETRIES'].map((stream) => this.backlog(processor, stream));
    return (await Promise.all(backlogs)).reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Waits until a processor has settled all events and all due retries. */
  async settled(processor: string, timeout?: number): Promise<void> {
    await eventually(
      async () => {
        for (const stream of ['EVENTS', 'RETRIES']) {
          const { inFlight, waiting } = await this.backlog(processor, stream);
          if (inFlight + waiting > 0)
            throw new Error(`${processor} on ${stream}: ${inFlight} in flight, ${waiting} waiting`);
        }
      },
      { ...(timeout ? { timeout } : {}) },
    );
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
