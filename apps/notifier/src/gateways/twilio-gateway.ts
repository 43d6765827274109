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
  /** The number, short code or alphanumeric name that texts come from. */
  from: string;
  /** Default `https://api.twilio.com`. */
  baseUrl?: string;
  /** Milliseconds for a whole request. Default 10,000. */
  timeout?: number;
}

/** Wrong token, suspended account, unknown account: no message would be taken. */
const ABOUT_THE_ACCOUNT = new Set([401, 403, 404]);

/** What Twilio answers: a message, or an error. */
interface TwilioAnswer {
  sid?: unknown;
  code?: unknown;
  message?: unknown;
}

/**
 * Sends text messages over Twilio's REST API.
 *
 * Twilio has no idempotency key for messages, and says that repeating such a request after a 5xx may send twice
 * (https://www.twilio.com/docs/api/errors/20500; a 429 is safe, https://www.twilio.com/docs/api/errors/20429). So a text
 * goes out twice where Twilio accepted it and its answer did not arrive: time-out, cut connection, 5xx, or this process
 * killed in between. The key is sent along in the header that Twilio uses for the same purpose on its webhooks: it shows
 * up in proxies and logs, and nothing relies on Twilio heeding it.
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
    throw new GatewayUnavailableError(`Twilio did not take the text message: ${reason}${remedy}`);
  }

  private async post(form: URLSearchParams, key: string): Promise<{ status: number; answer: TwilioAnswer }> {
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { authorization: this.authorization, 'i-twilio-idempotency-token': encodeURIComponent(key) },
        body: form,
        // Followed, a redirect would turn the POST into a GET, and text nobody.
        redirect: 'error',
        signal: AbortSignal.timeout(this.timeout),
      });
      return { status: response.status, answer: parse(await response.text()) };
    } catch (cause) {
      throw new GatewayUnavailableError(
        `No answer from Twilio at ${new URL(this.url).origin}: ${reasonOf(cause)}`,
        {
          cause,
        },
      );
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
  // Twilio quotes the number with its `+` or without.
  const [number, masked] = [recipient, maskPhone(recipient)].map((shown) => shown.replace('+', ''));
  const text = typeof message === 'string' ? `: ${quotable(message, number!, masked!)}` : '';
  return typeof code === 'number' ? `HTTP ${status}, Twilio's code ${code}${text}` : `HTTP ${status}${text}`;
}

/** `fetch` says only "fetch failed"; what happened is in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause as NodeJS.ErrnoException | undefined;
  return inner?.message || inner?.code || message;
}
