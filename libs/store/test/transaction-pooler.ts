import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';

/** Pooler between stores and their server that works like PgBouncer in transaction mode. */
export interface TransactionPooler {
  /** URL of the server, through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

const READY = 'Z'.charCodeAt(0);
const IDLE = 'I'.charCodeAt(0);
const TERMINATE = 'X';
/** Messages that the server answers with ReadyForQuery: a simple query and a Sync. */
const ANSWERED_WITH_READY = ['Q', 'S'];

/**
 * Starts a pooler. Each transaction runs on the connection that has been unused for the longest time. The next transaction of a
 * client therefore uses another connection if another connection is free. The state of a session, such as a lock, stays on its
 * connection.
 */
export async function startTransactionPooler(databaseUrl: string, size = 2): Promise<TransactionPooler> {
  const upstreams = await Promise.all(Array.from({ length: size }, () => Upstream.connect(databaseUrl)));
  const free = [...upstreams];
  const waiting: ((upstream: Upstream) => void)[] = [];
  const clients = new Set<Socket>();

  const take = () =>
    new Promise<Upstream>((resolve) => (free.length > 0 ? resolve(free.shift()!) : waiting.push(resolve)));
  const giveBack = (upstream: Upstream) => {
    const next = waiting.shift();
    if (next) next(upstream);
    else free.push(upstream);
  };
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => undefined).on('close', () => clients.delete(client));
    serve(client, take, giveBack).catch(() => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    async stop() {
      for (const client of clients) client.destroy();
      for (const upstream of upstreams) upstream.end();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  client: Socket,
  take: () => Promise<Upstream>,
  giveBack: (upstream: Upstream) => void,
): Promise<void> {
  const messages = messagesOf(client);
  let upstream: Upstream | undefined;
  let unanswered = 0;
  await messages.next();
  client.write(GREETING);
  for await (const message of messages) {
    const type = String.fromCharCode(message[0]!);
    if (type === TERMINATE) break;
    if (ANSWERED_WITH_READY.includes(type)) unanswered += 1;
    upstream ??= (await take()).answerTo((answer) => {
      client.write(answer);
      if (answer[0] !== READY) return;
      unanswered -= 1;
      if (unanswered > 0 || answer[5] !== IDLE || !upstream) return;
      giveBack(upstream);
      upstream = undefined;
    });
    upstream.send(message);
  }
}

/** Connection to the server. */
class Upstream {
  private onAnswer: (answer: Buffer) => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    this.read().catch(() => socket.destroy());
  }

  static async connect(databaseUrl: string): Promise<Upstream> {
    const client = new pg.Client({ connectionString: databaseUrl });
    // Errors while the pooler stops are ignored.
    client.on('error', () => undefined);
    await client.connect();
    const { stream } = client.connection;
    stream.removeAllListeners('data');
    return new Upstream(stream as Socket);
  }

  answerTo(onAnswer: (answer: Buffer) => void): this {
    this.onAnswer = onAnswer;
    return this;
  }

  send(message: Buffer): void {
    this.socket.write(message);
  }

  end(): void {
    this.socket.destroy();
  }

  private async read(): Promise<void> {
    for await (const answer of messagesOf(this.socket, 1)) this.onAnswer(answer);
  }
}

/**
 * @param typed Number of type bytes in the first message. The first message of a client has none; every other message has one.
 */
async function* messagesOf(socket: Socket, typed = 0): AsyncGenerator<Buffer, void, undefined> {
  let buffered: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      if (buffered.length < typed + 4) break;
      const length = typed + buffered.readInt32BE(typed);
      if (buffered.length < length) break;
      yield buffered.subarray(0, length);
      buffered = buffered.subarray(length);
      typed = 1;
    }
  }
}

/** Messages with which the pooler ends the login of a client: AuthenticationOk, BackendKeyData and ReadyForQuery. */
const GREETING = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  Buffer.from([0x4b, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1]),
  Buffer.from([READY, 0, 0, 0, 5, IDLE]),
]);
