import { findNatsServer, spawnBoundToParent, type BoundProcess } from '@cascade/embedded-broker';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const SIZE = 3;

/**
 * Cluster of three nats-servers on loopback, for tests of a lost quorum or a new leader. A restarted server keeps its name, its
 * ports and its store.
 */
export class TestCluster {
  private readonly running = new Map<number, BoundProcess>();

  private constructor(
    private readonly command: string,
    private readonly folder: string,
    private readonly ports: number[],
    private readonly routes: number[],
  ) {}

  /** Starts a cluster, and waits until the cluster stores messages. */
  static async start(): Promise<TestCluster> {
    const { command, container } = await findNatsServer();
    if (container) throw new Error('A cluster needs a nats-server that is installed, not one in Docker.');
    const folder = await mkdtemp(join(tmpdir(), 'cascade-cluster-'));
    const ports = await freePorts(2 * SIZE);
    const cluster = new TestCluster(command, folder, ports.slice(0, SIZE), ports.slice(SIZE));
    await Promise.all(cluster.ports.map((_, index) => cluster.startNode(index)));
    await cluster.untilLed();
    return cluster;
  }

  get servers(): string[] {
    return this.ports.map((port) => `nats://127.0.0.1:${port}`);
  }

  async startNode(index: number): Promise<void> {
    const store = join(this.folder, String(index));
    const file = join(store, 'nats-server.conf');
    const [host, routes] = ['127.0.0.1', this.routes.map((port) => `nats-route://127.0.0.1:${port}`)];
    const cluster = { name: 'test', host, port: this.routes[index], routes };
    const jetstream = { store_dir: store };
    await mkdir(store, { recursive: true });
    await writeFile(
      file,
      JSON.stringify({ server_name: `node-${index}`, host, port: this.ports[index], jetstream, cluster }),
    );
    const node = spawnBoundToParent(this.command, ['-c', file]);
    // Discards the output, which would otherwise fill the pipe.
    node.stdout.resume();
    node.stderr.resume();
    this.running.set(index, node);
  }

  /** Kills a node to simulate a crash. */
  async kill(index: number): Promise<void> {
    const node = this.running.get(index)!;
    this.running.delete(index);
    const ended = once(node, 'close');
    node.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((index) => this.kill(index)));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /**
   * Waits until each server accepts a stream with three replicas. A server that has just joined may not know the other servers
   * yet.
   */
  private async untilLed(): Promise<void> {
    for (const server of this.servers) {
      await eventually(async () => {
        const client = await connect({ servers: server });
        try {
          const manager = await jetstreamManager(client, { timeout: 1_000 });
          await manager.streams.add({ name: 'PROBE', subjects: ['probe'], num_replicas: SIZE });
          await jetstream(client).publish('probe');
          await manager.streams.delete('PROBE');
        } finally {
          await client.close();
        }
      });
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return ports;
}
