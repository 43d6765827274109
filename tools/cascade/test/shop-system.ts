import type { Broker } from '@cascade/embedded-broker';
import { EventPublisher, JetStreamModule, type PublishOptions } from '@cascade/jetstream';
import { createMicroservice, startTestBroker, untilAnswered, untilStored } from '@cascade/testing';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import { OrderPlaced, Shop } from './orders.js';
import { runCascade, Session, type Ended } from './session.js';

/** Broker on which the processors of the shop run, with methods that run commands against this broker. */
export class ShopSystem {
  private readonly applications: INestMicroservice[] = [];

  private constructor(
    readonly broker: Broker,
    readonly client: NatsConnection,
    readonly manager: JetStreamManager,
  ) {}

  static async start(): Promise<ShopSystem> {
    const broker = await startTestBroker();
    const client = await connect({ servers: broker.url });
    const system = new ShopSystem(broker, client, await jetstreamManager(client));
    await system.open();
    return system;
  }

  /** Starts the shop. Each further call starts another replica of the shop. */
  async open(): Promise<void> {
    const transport = { source: 'shop', servers: this.broker.url, publishes: [OrderPlaced] };
    const application = await createMicroservice({
      module: class ShopModule {},
      imports: [JetStreamModule.forRoot(transport)],
      controllers: [Shop],
    });
    this.applications.push(application);
    await application.listen();
  }

  /** Stops the shop, but not the broker. */
  async close(): Promise<void> {
    await Promise.all(this.applications.splice(0).map((application) => application.close()));
  }

  async stop(): Promise<void> {
    await this.close();
    await this.client.close();
    await this.broker.stop();
  }

  /**
   * Publishes an order.
   *
   * @returns the correlation id of the order
   */
  async place(orderId: string, note?: string, options: PublishOptions = {}): Promise<string> {
    const publisher = this.applications[0]!.get(EventPublisher, { strict: false });
    const order = new OrderPlaced({ orderId, ...(note ? { note } : {}) });
    return (await publisher.publish(order, options)).correlationId;
  }

  /** Publishes a message as a plain NATS client. */
  publish(subject: string, body: string, extra: Record<string, string> = {}): void {
    const added = headers();
    for (const [name, value] of Object.entries(extra)) added.set(name, value);
    this.client.publish(subject, body, Object.keys(extra).length > 0 ? { headers: added } : undefined);
  }

  stored(stream: string, subject: string, count: number): Promise<void> {
    return untilStored(this.client, stream, subject, count);
  }

  async count(stream: string, subject: string): Promise<number> {
    const { state } = await this.manager.streams.info(stream, { subjects_filter: subject });
    return Object.values(state.subjects ?? {}).reduce((sum, number) => sum + number, 0);
  }

  /** Waits until a processor has handled the replay of a failure, or has failed to handle the replay. */
  answered(failureId: string): Promise<void> {
    return untilAnswered(this.client, failureId);
  }

  cascade(...args: string[]): Promise<Ended> {
    return runCascade(args, { env: this.env });
  }

  /** Starts a command that runs until it is interrupted. */
  session(...args: string[]): Session {
    return new Session(args, { env: this.env });
  }

  /** Resolves to the parsed `--json` output of a command, for any exit code. Rejects if the command writes to stderr. */
  async json<Value>(...args: string[]): Promise<Value> {
    const { stdout, stderr } = await this.cascade(...args, '--json');
    if (stderr) throw new Error(stderr);
    return JSON.parse(stdout) as Value;
  }

  get env(): NodeJS.ProcessEnv {
    return { NATS_URL: this.broker.url };
  }
}
