import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Proxy between a client and its broker. While the network is stalled, the proxy holds back all bytes. */
export interface StallingProxy {
  /** URL of the broker through the proxy. */
  readonly url: string;
  /** Stalls the network after the client has sent bytes that match the pattern. */
  stallBehind(pattern: RegExp): Promise<void>;
  /** Bytes that the client has sent since the stall began. */
  readonly kept: string;
  /** Ends the stall. Forwards the kept bytes in the order of their arrival, and then all further bytes. */
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
