import type { Socket } from 'node:net';
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

/**
 * Behavior of the mail server. With a number, the server refuses every recipient with this SMTP code. With `refuse`, the server
 * accepts no connection. With `hang`, the server receives a whole message but never replies. With `drop`, the server counts each
 * message, but drops the connection instead of confirming the first message to a recipient.
 */
export type MailMode = 'accept' | 'refuse' | 421 | 550 | 'hang' | 'drop';

/** A real SMTP server that keeps only the recipient and the `Message-ID` of each message. */
export class MailCounter {
  /** Number of received messages by recipient. */
  readonly counts = new Map<string, number>();
  /** All `Message-ID`s so far. A resent message has the same `Message-ID` as the first message. */
  readonly messageIds = new Set<string>();
  private accepted = 0;
  private mode: MailMode = 'accept';
  private server: SMTPServer | undefined;
  private readonly sockets = new Map<number, Socket>();
  /** Number of refused recipients plus the number of messages that were received but not confirmed. */
  refusals = 0;

  constructor(private readonly port: number) {}

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  get total(): number {
    return this.accepted;
  }

  /** Number of messages beyond the first message to each recipient. */
  get extra(): number {
    return this.accepted - this.counts.size;
  }

  async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      closeTimeout: 100,
      onRcptTo: (_address, _session, done) => done(this.refusal()),
      onData: (stream, { envelope, remotePort }, done) => {
        const source: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => source.push(chunk));
        stream.once('end', () => {
          if (this.mode === 'hang') return void (this.refusals += 1);
          this.messageIds.add(/^message-id: *(\S+)/im.exec(Buffer.concat(source).toString())?.[1] ?? '');
          for (const { address } of envelope.rcptTo) this.count(address);
          const isFirst = envelope.rcptTo.some(({ address }) => this.counts.get(address) === 1);
          if (this.mode !== 'drop' || !isFirst) return done();
          this.refusals += 1;
          this.sockets.get(remotePort)?.destroy();
        });
      },
    });
    server.server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      this.sockets.set(remotePort!, socket);
      socket.once('close', () => this.sockets.delete(remotePort!));
    });
    // Ignores errors, because some tests make clients close the connection early.
    server.on('error', () => undefined);
    server.listen(this.port, '127.0.0.1');
    await once(server.server, 'listening');
    this.server = server;
  }

  async setMode(mode: MailMode): Promise<void> {
    const wasHanging = this.mode === 'hang';
    this.mode = mode;
    if (mode === 'refuse') await this.stop();
    else if (!this.server) await this.start();
    if (wasHanging) this.dropConnections();
  }

  async stop(): Promise<void> {
    const server = this.server;
    if (!server) return;
    this.server = undefined;
    this.dropConnections();
    await new Promise<void>((resolve) => void server.close(resolve));
  }

  private dropConnections(): void {
    for (const socket of this.sockets.values()) socket.destroy();
  }

  private count(recipient: string): void {
    this.accepted += 1;
    this.counts.set(recipient, (this.counts.get(recipient) ?? 0) + 1);
  }

  private refusal(): Error | null {
    if (typeof this.mode !== 'number') return null;
    this.refusals += 1;
    return Object.assign(new Error('Refused by the crash test'), { responseCode: this.mode });
  }
}
