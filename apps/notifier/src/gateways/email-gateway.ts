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
  /**
   * URL with `smtp://` or `smtps://`, and with user and password if the server needs them. The query may set options of
   * nodemailer.
   */
  smtpUrl: string;
  /** Sender of every message. The domain of the sender's address is also the domain of each `Message-ID`. */
  from: Mailbox;
  /** Timeout for the name lookup, for the connection, for the greeting and for each reply, in milliseconds. Default 10,000. */
  timeout?: number;
}

/**
 * Number of connections to the mail server. The notifier has the same concurrency, so no message waits for a connection.
 * `maxConnections` in the URL overrides this number.
 */
export const MAIL_CONNECTIONS = 10;

/**
 * Maximum duration of a send, as a multiple of the timeout. Sending has 12 steps from the name lookup to the last reply, and each
 * step may take one timeout. The wait for a connection may take another 12 steps. Only a server that replies byte by byte takes
 * longer. With a lower maximum, a slow server might accept a message after this gateway has given up. Each retry would then send
 * the message again.
 */
const MOST_WAITS = 24;

/** nodemailer's codes for a failure at MAIL FROM, RCPT TO or DATA. Any other failure concerns all messages. */
const ABOUT_THE_MESSAGE = new Set(['EENVELOPE', 'EMESSAGE']);
/**
 * Codes with which the server requires a login, another kind of login, or TLS (RFC 4954, 6; RFC 3207, 4). The server may also
 * reply to MAIL FROM with these codes.
 */
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
      // If a connection is dropped, nodemailer sends the message once more on a new connection. All other retries are made by the
      // processor, with backoff.
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
      const message = `The mail server ${this.server} did not accept the mail within ${this.longestSend} ms.`;
      return new GatewayUnavailableError(message, { cause });
    }
    const answer = quotable(cause.response ?? cause.message, recipient, maskEmail(recipient));
    if (isRefusal(cause)) {
      return new MessageRefusedError(`The mail server ${this.server} refused the mail: ${answer}.`, {
        cause,
      });
    }
    return new GatewayUnavailableError(
      `The mail server ${this.server} did not accept the mail: ${answer}.${remedyFor(cause)}`,
      { cause },
    );
  }
}

/**
 * Returns true if the server refused this message permanently. A 5xx reply is permanent (RFC 5321, 4.2.1). The reply concerns
 * only this message if it answers a command about the message. A 5xx reply in the greeting, to EHLO or to the login concerns all
 * messages.
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
 * Refuses addresses that need quoting in a header. To repair such an address, nodemailer would guess, and might send the message
 * to another person. For example, `ada@example.com, eve@example.com` becomes one address at example.com.
 */
function assertOnePlainAddress(address: string): void {
  if (!/^[^\s\p{C}"(),:;<>@[\]\\]+@[^\s\p{C}"(),:;<>@[\]\\]+$/u.test(address)) {
    throw new MessageRefusedError(
      `${JSON.stringify(maskEmail(address))} is not one plain e-mail address, so no mail is sent to it.`,
    );
  }
}
