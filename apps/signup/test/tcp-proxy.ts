import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Proxy that forwards connections to a server. A spec can cut and reopen the proxy. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => this.join(client, connect(this.to.port, this.to.host)));
  private listening: AddressInfo | undefined;

  constructor(private readonly to: { host: string; port: number }) {}

  get port(): number {
    return this.listening!.port;
  }

  /** Opens the proxy. A reopened proxy listens on the same port as before. */
  async open(): Promise<void> {
    this.server.listen(this.listening?.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.listening = this.server.address() as AddressInfo;
  }

  /** Breaks all connections and refuses new connections. */
  async cut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
