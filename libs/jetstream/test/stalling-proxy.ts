import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and its broker, and keeps what they send while a test wants the network to stand still. */
export interface StallingProxy {
  /** The broker's URL, through the proxy. */
  readonly url: string;
  /** Lets the network stand still once the client has sent what matches. */
  stallBehind(pattern: RegExp): Promise<void>;
  /** What the client has sent meanwhile. */
  readonly kept: string;
  /** Passes on what was kept, each side's in its order, and everything from now on. */
  goOn(): void;
  stop(): Promise<void>;
}

export async function startStallingProxy(brokerPort: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const kept: { to: Socket; bytes: Buffer; isOfClient: boolean }[] = [];
  let stalled = false;
  let passed = (_sent: string): void => undefined;

  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1');
    for (const [from, to] of [[client, broker] as const, [broker, client] as const]) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => (sockets.delete(from), to.destroy()));
      from.on('data', (bytes) => {
        if (stalled) kept.push({ to, bytes, isOfClient: from === client });
        else to.write(bytes);
        if (from === client) passed(bytes.toString());
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stallBehind: (pattern) =>
      new Promise((resolve) => {
        passed = (sent) => {
          if (!pattern.test(sent)) return;
          stalled = true;
          resolve();
        };
      }),
    get kept() {
      return kept.flatMap(({ bytes, isOfClient }) => (isOfClient ? bytes.toString() : [])).join('');
    },
    goOn() {
      stalled = false;
      passed = () => undefined;
      for (const { to, bytes } of kept.splice(0)) to.write(bytes);
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
