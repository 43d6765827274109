import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import { MailServer, type Refusal } from '../../test/mail-server.js';
import { EmailGateway } from './email-gateway.js';
import { MailedTextGateway } from './mailed-text-gateway.js';
import { GatewayUnavailableError, MessageRefusedError } from './notification-gateway.js';

const from = { name: 'Cascade', address: 'welcome@cascade.localhost' };
const mail = {
  to: { name: 'Ada', address: 'ada@example.com' },
  subject: 'Welcome',
  text: 'Hello',
  html: '<p>Hello</p>',
};

let server: MailServer;
let gateway: EmailGateway;

beforeEach(async () => {
  server = await MailServer.start();
  gateway = new EmailGateway({ smtpUrl: server.url, from });
});

afterEach(async () => {
  gateway.onApplicationShutdown();
  await server.stop();
});

describe('EmailGateway', () => {
  it('delivers text and HTML to the only recipient, under a Message-ID that is derived from the key', async () => {
    const id = await gateway.send(mail, 'event-1');

    expect(id).toBe('<event-1@cascade.localhost>');
    expect(server.mails).toHaveLength(1);
    const { recipients, headers, body } = server.mails[0]!;
    expect(recipients).toEqual(['ada@example.com']);
    expect(headers).toEqual(
      expect.arrayContaining([
        'From: Cascade <welcome@cascade.localhost>',
        'To: Ada <ada@example.com>',
        'Subject: Welcome',
        'Message-ID: <event-1@cascade.localhost>',
        'Auto-Submitted: auto-generated',
      ]),
    );
    expect(body).toContain('Content-Type: text/plain');
    expect(body).toContain('<p>Hello</p>');
  });

  it('uses the same Message-ID for the same key, and one connection for consecutive messages', async () => {
    await gateway.send(mail, 'event-1');
    await gateway.send(mail, 'event-1');

    const messageIds = server.mails.map(({ headers }) =>
      headers.find((header) => header.startsWith('Message-ID')),
    );
    expect(messageIds).toEqual(Array(2).fill('Message-ID: <event-1@cascade.localhost>'));
    expect(server.connections).toBe(1);
  });

  it.each([
    'Ada\r\nBcc: eve@example.com',
    'Ada\nSubject: Invoice',
    '<script>alert(1)</script>',
    '=?utf-8?Q?Ada=0D=0ABcc:_eve@example.com?=',
    'Ada, eve@example.com',
    '"Ada" <eve@example.com>,',
    'Ada> <eve@example.com',
    '\\" <eve@example.com>',
    '\u0000\u202e\ud800',
    'x'.repeat(10_000),
  ])('lets the name %j change neither headers nor recipients', async (name) => {
    await gateway.send({ ...mail, to: { ...mail.to, name } }, 'event-1');

    const { recipients, headers } = server.mails[0]!;
    expect(recipients).toEqual(['ada@example.com']);
    expect(headers.map((header) => header.slice(0, header.indexOf(':'))).sort()).toEqual([
      'Auto-Submitted',
      'Content-Type',
      'Date',
      'From',
      'MIME-Version',
      'Message-ID',
      'Subject',
      'To',
    ]);
    expect(headers.find((header) => header.startsWith('To:'))).toMatch(/ <ada@example\.com>$/);
    expect(headers).toContain('Subject: Welcome');
  });

  it.each([
    'ada@example.com, eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com> <eve@example.com',
    'Eve <eve@example.com>',
    '"ada,eve"@example.com',
    'friends:eve@example.com;',
    'ada',
    '',
  ])('sends nothing to %j, which is not one plain address', async (address) => {
    const error = await gateway
      .send({ ...mail, to: { name: 'Ada', address } }, 'event-1')
      .catch((reason: unknown) => reason as Error);

    expect(error).toBeInstanceOf(MessageRefusedError);
    expect(String(error)).not.toMatch(/ada@|eve@/);
    expect(server.connections).toBe(0);
  });

  it.each<Refusal>([
    { code: 550, message: 'No such sender here', at: 'sender' },
    { code: 550, message: 'No such user here', at: 'recipient' },
    { code: 554, message: 'This looks like spam', at: 'message' },
  ])('reports a $code at the $at as refused permanently, with the answer of the server', async (refusal) => {
    server.behaviour = refusal;

    const sending = gateway.send(mail, 'event-1');

    await expect(sending).rejects.toThrow(MessageRefusedError);
    await expect(sending).rejects.toThrow(
      `The mail server 127.0.0.1:${server.port} refused the mail: ${refusal.code} ${refusal.message}.`,
    );
  });

  it.each<Refusal>([
    { code: 550, message: 'No such user <ada@example.com>' },
    { code: 452, message: 'The mailbox of ada@example.com is full' },
  ])('masks the address that a $code quotes', async (refusal) => {
    server.behaviour = refusal;

    const error = (await gateway.send(mail, 'event-1').catch((reason: unknown) => reason)) as Error;

    expect(error.message).toContain(`${refusal.code} `);
    expect(error.message).toContain('a**@example.com');
    expect(error.message).not.toContain('ada@');
  });

  it('masks even an address that a pattern would mask only in part', async () => {
    server.behaviour = { code: 550, message: "No such user o'brien/ada@intranet" };
    const to = { name: '', address: "o'brien/ada@intranet" };

    await expect(gateway.send({ ...mail, to }, 'event-1')).rejects.toThrow('No such user o**@intranet.');
  });

  it.each<Refusal>([
    { code: 421, message: 'Closing down', at: 'greeting' },
    { code: 554, message: 'No SMTP service here', at: 'greeting' },
    { code: 530, message: 'Authentication required', at: 'sender' },
    { code: 503, message: 'Bad sequence of commands', at: 'recipient' },
    { code: 421, message: 'Try again later', at: 'recipient' },
    { code: 452, message: 'Insufficient storage', at: 'message' },
  ])('reports a $code at the $at as unavailable, and delivers the next attempt', async (refusal) => {
    server.behaviour = refusal;

    const sending = gateway.send(mail, 'event-1');

    await expect(sending).rejects.toThrow(GatewayUnavailableError);
    await expect(sending).rejects.toThrow(`${refusal.code} ${refusal.message}`);
    server.behaviour = 'accept';
    await gateway.send(mail, 'event-1');
    expect(server.mails).toHaveLength(1);
  });

  it('reports a server that is down as unavailable, and delivers after its return', async () => {
    const port = await portOfNobody();
    const unreachable = new EmailGateway({ smtpUrl: `smtp://127.0.0.1:${port}`, from });

    const sending = unreachable.send(mail, 'event-1');

    await expect(sending).rejects.toThrow(GatewayUnavailableError);
    await expect(sending).rejects.toThrow(/ECONNREFUSED.*Check that it runs and that SMTP_URL is right/);
    unreachable.onApplicationShutdown();
  });

  it('gives up on a server that accepts the message but does not answer', async () => {
    server.behaviour = 'hang';
    const impatient = new EmailGateway({ smtpUrl: server.url, from, timeout: 200 });

    await expect(impatient.send(mail, 'event-1')).rejects.toThrow(GatewayUnavailableError);

    impatient.onApplicationShutdown();
  });

  it('waits for a server that is slow but works, even for many messages', async () => {
    server.delay = 600;
    const patient = new EmailGateway({ smtpUrl: server.url, from, timeout: 1_000 });
    const keys = Array.from({ length: 40 }, (_, index) => `event-${index}`);

    await Promise.all(keys.map((key) => patient.send(mail, key)));

    expect(server.mails).toHaveLength(40);
    patient.onApplicationShutdown();
  });

  it('gives up on a server that answers byte by byte', async () => {
    const dripping = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('220 ready\r\n');
      socket.once('data', () => {
        const drip = setInterval(() => socket.write('250-one moment\r\n'), 20);
        socket.on('close', () => clearInterval(drip));
      });
    });
    await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
    const { port } = dripping.address() as { port: number };
    const impatient = new EmailGateway({ smtpUrl: `smtp://127.0.0.1:${port}`, from, timeout: 100 });

    const sending = impatient.send(mail, 'event-1');

    await expect(sending).rejects.toThrow(GatewayUnavailableError);
    await expect(sending).rejects.toThrow(/did not accept the mail within 2400 ms/);

    impatient.onApplicationShutdown();
    await new Promise((resolve) => dripping.close(resolve));
  });

  it('reports a server that drops the connection as unavailable, even if it may have accepted the message', async () => {
    server.behaviour = 'drop';

    const sending = gateway.send(mail, 'event-1');

    await expect(sending).rejects.toThrow(GatewayUnavailableError);
    expect(server.mails).toHaveLength(1);
  });

  it('gives up on a server that does not greet', async () => {
    const mute = await MuteServer.start();
    const impatient = new EmailGateway({ smtpUrl: `smtp://127.0.0.1:${mute.port}`, from, timeout: 200 });

    await expect(impatient.send(mail, 'event-1')).rejects.toThrow(GatewayUnavailableError);

    impatient.onApplicationShutdown();
    await mute.stop();
  });

  it('logs in, and reports a failed login as unavailable without the password', async () => {
    const guarded = await MailServer.start({ login: { user: 'cascade', password: 'right-secret' } });
    const right = new EmailGateway({
      smtpUrl: `smtp://cascade:right-secret@127.0.0.1:${guarded.port}`,
      from,
    });
    const wrong = new EmailGateway({
      smtpUrl: `smtp://cascade:wrong-secret@127.0.0.1:${guarded.port}`,
      from,
    });

    await right.send(mail, 'event-1');
    const error: unknown = await wrong.send(mail, 'event-2').catch((reason: unknown) => reason);

    expect(guarded.mails).toHaveLength(1);
    expect(error).toBeInstanceOf(GatewayUnavailableError);
    expect((error as Error).message).toMatch(/535.*Check the user and password in SMTP_URL/);
    expect(`${(error as Error).stack} ${((error as Error).cause as Error).stack}`).not.toMatch(
      /secret|d3Jvbmct/,
    );
    right.onApplicationShutdown();
    wrong.onApplicationShutdown();
    await guarded.stop();
  });
});

describe('MailedTextGateway', () => {
  it('sends the text by e-mail to the number at text.localhost', async () => {
    const id = await new MailedTextGateway(gateway).send(
      { to: '+14155550123', body: 'Hello Ada' },
      'event-1',
    );

    expect(id).toBe('<event-1@cascade.localhost>');
    const { recipients, body } = server.mails[0]!;
    expect(recipients).toEqual(['+14155550123@text.localhost']);
    expect(body).toContain('Hello Ada');
  });
});

/** Server that accepts connections and sends nothing. */
class MuteServer {
  private readonly sockets: Socket[] = [];
  private readonly server: Server = createServer((socket) => {
    this.sockets.push(socket);
    socket.on('error', () => undefined);
  });

  static async start(): Promise<MuteServer> {
    const mute = new MuteServer();
    await new Promise<void>((resolve) => mute.server.listen(0, '127.0.0.1', resolve));
    return mute;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Returns a port on which no server listens. The port was free a moment ago. */
async function portOfNobody(): Promise<number> {
  const server = await MuteServer.start();
  const { port } = server;
  await server.stop();
  return port;
}
