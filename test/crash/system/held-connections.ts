import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The headers of the first are unfinished, and the body of the second. */
const HALF_REQUESTS = [
  'GET /health/live HTTP/1.1\r\nhost: ',
  'POST /signups HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n{"email":"',
];

export interface HeldConnectionsOptions {
  /** Connections that send nothing. */
  readonly silent: number;
  /** Connections that send half a request. */
  readonly halfSent: number;
}

/** Connections to a service whose clients neither finish a request nor hang up. */
export class HeldConnections {
  private constructor(private readonly sockets: readonly Socket[]) {}

  /** Resolves when the service has accepted all of them. */
  static async open(url: string, { silent, halfSent }: HeldConnectionsOptions): Promise<HeldConnections> {
    const texts = Array.from({ length: silent + halfSent }, (_, index) =>
      index < silent ? '' : HALF_REQUESTS[index % HALF_REQUESTS.length]!,
    );
    const sockets = await Promise.all(texts.map((text) => dial(url, text)));
    // A service accepts connections in their order, so that this one is behind all others.
    await fetch(`${url}/health/live`);
    return new HeldConnections(sockets);
  }

  /** How many the service has not closed. */
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
  // The service resets what it does not wait for.
  socket.on('error', () => undefined);
  // An end is noticed only behind what was read.
  socket.resume();
  await once(socket, 'connect');
  if (text) await new Promise<void>((sent) => socket.write(text, () => sent()));
  return socket;
}
