import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Unfinished requests. The headers of the first request and the body of the second request are incomplete. */
const HALF_REQUESTS = [
  'GET /health/live HTTP/1.1\r\nhost: ',
  'POST /signups HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n{"email":"',
];

export interface HeldConnectionsOptions {
  /** Number of connections that send nothing. */
  readonly silent: number;
  /** Number of connections that send half a request. */
  readonly halfSent: number;
}

/** Connections to a service whose clients neither finish a request nor close the connection. */
export class HeldConnections {
  private constructor(private readonly sockets: readonly Socket[]) {}

  /** Opens the connections. Resolves when the service has accepted all connections. */
  static async open(url: string, { silent, halfSent }: HeldConnectionsOptions): Promise<HeldConnections> {
    const texts = Array.from({ length: silent + halfSent }, (_, index) =>
      index < silent ? '' : HALF_REQUESTS[index % HALF_REQUESTS.length]!,
    );
    const sockets = await Promise.all(texts.map((text) => dial(url, text)));
    // A service accepts connections in order. A response to this request shows that the service has accepted all earlier
    // connections.
    await fetch(`${url}/health/live`);
    return new HeldConnections(sockets);
  }

  /** Number of connections that the service has not closed. */
  get count(): number {
    return this.sockets.filter(({ destroyed }) => !destroyed).length;
  }

  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

async function dial(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // Ignores errors, because the service may reset a connection instead of waiting for the rest of the request.
  socket.on('error', () => undefined);
  // Discards received data, because a socket closes only after all its data was read.
  socket.resume();
  await once(socket, 'connect');
  if (text) await new Promise<void>((sent) => socket.write(text, () => sent()));
  return socket;
}
