import { findNatsServer, startBroker, type Broker, type NatsServer } from '@cascade/embedded-broker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let found: Promise<NatsServer> | undefined;

/** A broker that can restart at the same address, with the same store. */
export class BrokerProcess {
  private broker: Broker | undefined;

  private constructor(
    private readonly storeDir: string,
    private readonly port: number,
  ) {}

  static async create(port: number): Promise<BrokerProcess> {
    const broker = new BrokerProcess(await mkdtemp(join(tmpdir(), 'cascade-crash-broker-')), port);
    await broker.start();
    return broker;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get version(): string {
    return this.broker!.version;
  }

  async start(): Promise<void> {
    found ??= findNatsServer();
    this.broker = await startBroker({
      storeDir: this.storeDir,
      port: this.port,
      server: await found,
      timeout: 30_000,
    });
  }

  /** Kills the broker with SIGKILL. */
  async kill(): Promise<void> {
    await this.broker?.kill();
  }

  async remove(): Promise<void> {
    await this.broker?.stop();
    await rm(this.storeDir, { recursive: true, force: true, maxRetries: 3 });
  }
}
