import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Proxy between a store and its server. A spec can make the proxy break connections. */
export interface PostgresProxy {
  /** URL of the server, through the proxy. */
  readonly url: string;
  /** Sets the condition on which the proxy breaks the connection. The condition is called for each chunk that the store sends. */
  breakOn(condition: (sent: Buffer) => boolean): void;
  /** From now on, accepts all data from the store but forwards nothing, like a network that does not answer. */
  swallow(): void;
  stop(): Promise<void>;
}

export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let broken: (sent: Buffer) => boolean = () => false;
  let swallowing = false;

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => (sockets.delete(socket), other.destroy()));
    }
    upstream.pipe(client);
    client.on('data', (sent) => {
      if (broken(sent)) client.destroy();
      else if (!swallowing) upstream.write(sent);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    breakOn: (condition) => void (broken = condition),
    swallow: () => void (swallowing = true),
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
