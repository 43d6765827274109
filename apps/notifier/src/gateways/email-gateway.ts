import { maskEmail } from '@cascade/jetstream';
import { domainToASCII } from 'node:url';
import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type NodemailerError, type Transporter } from 'nodemailer';
import { domainOf, type Mailbox } from './mailbox.js';
import { messageIdOf } from './message-id.js';
import {
  type Email,
  GatewayUnavailableError,
  MessageRefusedError,
  type NotificationGateway,
} from './notification-gateway.js';
import { quotable } from './quotable.js';

export interface EmailGatewayOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. Its query may set nodemailer's options. */
  smtpUrl: string;
  /** Its domain is also that of the `Message-ID`s. */
  from: Mailbox;
  /** Milliseconds to wait for the connection, for the greeting and for each answer. Default 10,000. */
  timeout?: number;
}

/** As many as the notifier sends at once, so that none waits for a connection; `maxConnections` in the URL sets another. */
export const MAIL_CONNECTIONS = 10;

/**
 * How often a mail may take the time-out: from looking up the server to its last answer, and as often again for a free
 * connection. Only a server that answers in drips takes longer. A mail that were given up sooner may have been taken by a
 * server that is slow but works, and would be sent again at each attempt.
 */
const MOST_WAITS = 24;

/** What nodemailer calls a failure at MAIL FROM, RCPT TO or DATA. Any other is not about one message. */
const ABOUT_THE_MESSAGE = new Set(['EENVELOPE', 'EMESSAGE']);
/** A login is wanted, or one of another kind, or TLS before it (RFC 4954, 6; RFC 3207, 4): also MAIL FROM is answered so. */
const LOGIN_WANTED = new Set([530, 534, 535, 538]);

/** Sends mail over SMTP, through a pool of connections. */
export class EmailGateway implements NotificationGateway<Email>, OnApplicationShutdown {
  private readonly longestSend: number;
  private readonly transporter: Transporter;
  private readonly server: string;
  private readonly from: Mailbox;
  private readonly messageIdDomain: string;

  constructor({ smtpUrl, from, timeout = 10_000 }: EmailGatewayOptions) {
    this.longestSend = MOST_WAITS * timeout;
    this.transporter = createTransport({
      url: smtpUrl,
      pool: true,
      maxConnections: MAIL_CONNECTIONS,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      dnsTimeout: timeout,
      // A pooled connection that the server has dropped is replaced once; every other retry is the transport's, with backoff.
      maxRequeues: 1,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.server = new URL(smtpUrl).host;
    this.from = from;
    this.messageIdDomain = domainToASCII(domainOf(from.address));
  }

  async send({ to, subject, text, html }: Email, key: string): Promise<string> {
    assertOnePlainAddress(to.address);
    const messageId = messageIdOf(key, this.messageIdDomain);
    try {
      await this.transporter.sendMail({
        from: this.from,
        to,
        subject,
        text,
        html,
        messageId,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.timeout(this.longestSend),
      });
    } catch (error) {
      throw this.explained(error as NodemailerError, to.address);
    }
    return messageId;
  }

  onApplicationShutdown(): void {
    this.transporter.close();
  }

  private explained(cause: NodemailerError, recipient: string): Error {
    if (cause.code === 'EABORT') {
      const message = `The mail server ${this.server} did not take the mail within ${this.longestSend} ms.`;
      return new GatewayUnavailableError(message, { cause });
    }
    const answer = quotable(cause.response ?? cause.message, recipient, maskEmail(recipient));
    if (isRefusal(cause)) {
      return new MessageRefusedError(`The mail server ${this.server} refused the mail: ${answer}.`, {
        cause,
      });
    }
    return new GatewayUnavailableError(
      `The mail server ${this.server} did not take the mail: ${answer}.${remedyFor(cause)}`,
      { cause },
    );
  }
}

/**
 * A 5xx is for good (RFC 5321, 4.2.1) and refuses the message where it answers a command that is about the message. At the
 * greeting, at EHLO or at the login it strikes all mails alike, until somebody mends it.
 */
function isRefusal({ code = '', permanent = true, responseCode = 0 }: NodemailerError): boolean {
  return ABOUT_THE_MESSAGE.has(code) && permanent && !LOGIN_WANTED.has(responseCode);
}

function remedyFor({ code, responseCode }: NodemailerError): string {
  if (code === 'EAUTH' || LOGIN_WANTED.has(responseCode ?? 0))
    return ' Check the user and password in SMTP_URL.';
  return responseCode === undefined ? ' Check that it runs and that SMTP_URL is right.' : '';
}

/**
 * nodemailer repairs odd addresses by guessing, and so sends to somebody else: `ada@example.com, eve@example.com` becomes
 * one address at example.com. What would need quoting in a header is refused instead.
 */
function assertOnePlainAddress(address: string): void {
  if (!/^[^\s\p{C}"(),:;<>@[\]\\]+@[^\s\p{C}"(),:;<>@[\]\\]+$/u.test(address)) {
    throw new MessageRefusedError(
      `${JSON.stringify(maskEmail(address))} is not one plain e-mail address, so no mail is sent to it.`,
    );
  }
}
