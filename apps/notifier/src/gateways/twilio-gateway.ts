import { maskPhone } from '@cascade/jetstream';
import {
  GatewayUnavailableError,
  MessageRefusedError,
  type NotificationGateway,
  type TextMessage,
} from './notification-gateway.js';
import { quotable } from './quotable.js';

export interface TwilioGatewayOptions {
  accountSid: string;
  authToken: string;
  /** Sender of the messages: a phone number, a short code or an alphanumeric name. */
  from: string;
  /** Base URL of the API. Default `https://api.twilio.com`. */
  baseUrl?: string;
  /** Timeout for a whole request, in milliseconds. Default 10,000. */
  timeout?: number;
}

/** Status codes for a wrong token, a suspended account or an unknown account. With these codes, Twilio refuses every message. */
const ABOUT_THE_ACCOUNT = new Set([401, 403, 404]);

/** Response of Twilio, which describes either a message or an error. */
interface TwilioAnswer {
  sid?: unknown;
  code?: unknown;
  message?: unknown;
}

/**
 * Sends text messages over Twilio's REST API.
 *
 * Twilio has no idempotency key for messages. A repeated request after a 5xx may send the message twice
 * (https://www.twilio.com/docs/api/errors/20500). A repeated request after a 429 is safe
 * (https://www.twilio.com/docs/api/errors/20429). A text may therefore be sent twice if Twilio accepted the first request, but no
 * success response arrived. Possible reasons are a timeout, a lost connection, a 5xx, or a killed process. The key is sent in the
 * header that Twilio uses for its webhooks. Proxies and logs may show the header, but no code relies on the header.
 */
export class TwilioGateway implements NotificationGateway<TextMessage> {
  private readonly url: string;
  private readonly from: string;
  private readonly authorization: string;
  private readonly timeout: number;

  constructor(options: TwilioGatewayOptions) {
    const { accountSid, authToken, from, baseUrl = 'https://api.twilio.com', timeout = 10_000 } = options;
    this.url = `${baseUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`;
    this.from = from;
    this.authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    this.timeout = timeout;
  }

  async send({ to, body }: TextMessage, key: string): Promise<string> {
    const { status, answer } = await this.post(
      new URLSearchParams({ To: to, From: this.from, Body: body }),
      key,
    );
    if (status >= 200 && status < 300 && typeof answer.sid === 'string') return answer.sid;

    const reason = describe(status, answer, to);
    if (status >= 400 && status < 500 && !ABOUT_THE_ACCOUNT.has(status) && status !== 429) {
      throw new MessageRefusedError(`Twilio refused the text message: ${reason}`);
    }
    const remedy = ABOUT_THE_ACCOUNT.has(status)
      ? '. Check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and the account at Twilio.'
      : '';
    throw new GatewayUnavailableError(`Twilio did not accept the text message: ${reason}${remedy}`);
  }

  private async post(form: URLSearchParams, key: string): Promise<{ status: number; answer: TwilioAnswer }> {
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { authorization: this.authorization, 'i-twilio-idempotency-token': encodeURIComponent(key) },
        body: form,
        // A redirect would turn the POST into a GET, which would not send the text.
        redirect: 'error',
        signal: AbortSignal.timeout(this.timeout),
      });
      return { status: response.status, answer: parse(await response.text()) };
    } catch (cause) {
      const message = `No answer from Twilio at ${new URL(this.url).origin}: ${reasonOf(cause)}`;
      throw new GatewayUnavailableError(message, { cause });
    }
  }
}

function parse(body: string): TwilioAnswer {
  try {
    return (JSON.parse(body) as TwilioAnswer | null) ?? {};
  } catch {
    return {};
  }
}

function describe(status: number, { code, message }: TwilioAnswer, recipient: string): string {
  if (status < 400) return `HTTP ${status} without a message sid. Check TWILIO_BASE_URL.`;
  // Twilio quotes the number with or without its `+`.
  const [number, masked] = [recipient, maskPhone(recipient)].map((shown) => shown.replace('+', ''));
  const text = typeof message === 'string' ? `: ${quotable(message, number!, masked!)}` : '';
  return typeof code === 'number' ? `HTTP ${status}, Twilio's code ${code}${text}` : `HTTP ${status}${text}`;
}

/** Returns the reason why a request failed. `fetch` throws only "fetch failed", and the cause contains the reason. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause as NodeJS.ErrnoException | undefined;
  return inner?.message || inner?.code || message;
}
