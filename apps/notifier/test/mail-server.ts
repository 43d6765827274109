import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  /** Recipients of the envelope. */
  recipients: string[];
  /** Headers in order, unfolded, as `Name: value`. */
  headers: string[];
  body: string;
}

export interface MailServerOptions {
  /** Port to listen on. Default: any free port. */
  port?: number;
  /** User and password that a client needs. By default, mail is accepted from any client. */
  login?: Login;
}

export interface Login {
  user: string;
  password: string;
}

export interface Refusal {
  code: number;
  message: string;
  /** Step at which the server refuses. Default `recipient`. */
  at?: 'greeting' | 'sender' | 'recipient' | 'message';
}

/** Real SMTP server on this machine that can refuse mail, stop answering, or drop connections. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /**
   * Reaction to the next connections and messages. `hang` and `drop` take effect after a message has arrived completely. `drop`
   * adds the message to `mails`, but `hang` does not.
   */
  behaviour: 'accept' | 'hang' | 'drop' | Refusal = 'accept';
  /** Delay before the server confirms a message, in milliseconds. */
  delay = 0;
  /** User and password that a client needs. */
  login: Login | undefined;
  /** Number of refusals so far, including failed logins. */
  refusals = 0;
  /** Number of connections opened so far. */
  connections = 0;
  private readonly server: SMTPServer;
  private readonly sockets = new Map<number, Socket>();

  private constructor({ login }: MailServerOptions) {
    this.login = login;
    this.server = new SMTPServer({
      authOptional: !login,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      closeTimeout: 100,
      onConnect: (_session, done) => {
        this.connections += 1;
        done(this.refusal('greeting'));
      },
      onAuth: ({ username, password }, _session, done) => {
        const known = username === this.login?.user && password === this.login?.password;
        if (!known) this.refusals += 1;
        done(known ? null : new Error('Invalid username or password'), { user: username });
      },
      onMailFrom: (_address, _session, done) => done(this.refusal('sender')),
      onRcptTo: (_address, _session, done) => done(this.refusal('recipient')),
      onData: (stream, { envelope, remotePort }, done) => {
        void text(stream).then((source) => {
          const refusal = this.refusal('message');
          if (refusal) return done(refusal);
          if (this.behaviour === 'hang') return;
          const recipients = envelope.rcptTo.map(({ address }) => address);
          this.mails.push(parse(source, recipients));
          if (this.behaviour === 'drop') this.sockets.get(remotePort)?.destroy();
          else setTimeout(done, this.delay);
        });
      },
    });
    this.server.server.on('connection', (socket) => this.sockets.set(socket.remotePort!, socket));
    // Errors are ignored, because a client may close its connection at any time.
    this.server.on('error', () => undefined);
  }

  static async start(options: MailServerOptions = {}): Promise<MailServer> {
    const mailServer = new MailServer(options);
    await new Promise<void>((resolve) => mailServer.server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return mailServer;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => void this.server.close(resolve));
  }

  private refusal(step: Refusal['at']): Error | undefined {
    const { behaviour } = this;
    if (typeof behaviour === 'string' || (behaviour.at ?? 'recipient') !== step) return undefined;
    this.refusals += 1;
    return Object.assign(new Error(behaviour.message), { responseCode: behaviour.code });
  }
}

function parse(source: string, recipients: string[]): ReceivedMail {
  const end = source.indexOf('\r\n\r\n');
  const headers = source
    .slice(0, end)
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n');
  return { recipients, headers, body: source.slice(end + 4) };
}
