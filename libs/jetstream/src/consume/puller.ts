import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';
import { pendingIn, readAckSubject, type AckSubject } from '../wire/ack-subject.js';
import { unlessBroken } from '../wire/unless-broken.js';
import { ProvisionError } from '../errors.js';

/** The server keeps a request for at most `expiresMs`, and sends a heartbeat every `heartbeatMs` while it waits. */
const LONG_REQUEST = { expiresMs: 5_000, heartbeatMs: 1_000 };
/**
 * For the first request, so that a start soon knows that pulling works. For prefetch requests too, so that the server soon forgets
 * them when handlers turn slow.
 */
const SHORT_REQUEST = { expiresMs: 1_000, heartbeatMs: 250 };
/** Without a message or heartbeat for this long, requests count as lost and are made again. */
const SILENCE_TIMEOUT_MS = 2_500;

/** The prefetch is the number of messages that handlers finish in this time. A request to a busy broker takes about as long. */
const PREFETCH_WINDOW_MS = 5;

const NANOSECONDS_PER_MS = 1_000_000;

/**
 * Codes of a heartbeat, of no messages and of an expired request. Each means that no message waits, because the server would have
 * sent the message instead. The exception is a consumer that has reached `max_ack_pending`. Then the replicas with those messages have
 * no free permits, and their {@link Puller.readUpTo} stands still.
 */
const NONE_WAITS = [100, 404, 408];

export interface PullerOptions {
  connection: NatsConnection;
  stream: string;
  durable: string;
  /** Returns a new subject, unique to this client, for the server's replies. */
  newInbox: () => string;
  /** Messages that may be handled at the same time. The prefetch adds at most as many again. */
  concurrency: number;
  /** Must not reject. May handle the message before it returns. The message is in flight until the promise settles. */
  onMessage: (message: Msg, ack: AckSubject) => Promise<void>;
  /**
   * Returns true for a message that this consumer should not send, after handing the message back. Pulling then stops until
   * {@link Puller.restart}. With this option, the first request asks for one message, because the broker counts a delivery of each
   * message that is handed back.
   */
  refuse?: (message: Msg) => boolean;
  /** Called when pulling stopped for a reason that does not pass by itself, such as a deleted consumer. */
  onLost: (reason: string) => void;
}

/**
 * Pulls from a durable consumer: as many messages as may be handled at once, and a prefetch on top. The prefetch follows the recent
 * rate of finished messages ({@link PREFETCH_WINDOW_MS}), so no message grows old in a buffer while its `ackWait` runs. Only after
 * a restart there may be more in flight: the messages that the server had sent before.
 *
 * It is written on core NATS instead of the client's `consume()`. The window of `consume()` counts delivered messages, not finished
 * ones. And `consume()` cannot stop without losing the messages that are on their way. ADR 3 has the details.
 */
export class Puller {
  /** Messages that arrived and are not settled. */
  private inFlight = 0;
  /** Messages that were requested and have not arrived. */
  private requested = 0;
  /** Messages that may be in flight beyond `concurrency`. */
  private prefetch = 0;
  /** Messages that settled since the last check. */
  private settledSinceCheck = 0;
  /** Further messages that may be requested: see {@link allow}. */
  private allowance = Infinity;
  private subscription: Subscription | undefined;
  private inbox = '';
  /** By a clock that never steps, as `lastCheck`. */
  private lastHeard = 0;
  private lastCheck = performance.now();
  private watch: NodeJS.Timeout | undefined;
  private stopped = false;
  private suspended = false;
  /** True after a message was not refused. */
  private isTrusted = false;
  /**
   * Reply subject of the newest message, which contains when the message was stored and how many waited behind it. Undefined after
   * the server has reported that none waits.
   */
  private newest: string | undefined;
  /** When the newest message or such a report arrived. */
  private readAt: number | undefined;
  private resolveStart = (): void => undefined;
  private rejectStart = (_reason: Error): void => undefined;
  private resolveDrained = (): void => undefined;

  constructor(private readonly options: PullerOptions) {}

  /**
   * Resolves with the first message or heartbeat.
   *
   * @throws ProvisionError if this client may not pull
   */
  start(): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.resolveStart = resolve;
      this.rejectStart = reject;
    });
    this.restart(SHORT_REQUEST);
    this.watch = setInterval(() => this.check(), LONG_REQUEST.heartbeatMs / 2);
    return started;
  }

  /**
   * Unread messages were stored after this time. It advances when the server sends a message or reports that none waits for a
   * request, so it stands still during a pause and while all permits are taken. Undefined before the first message or report.
   */
  get readUpTo(): Date | undefined {
    const ack = readAckSubject(this.newest);
    if (ack && pendingIn(this.newest!) > 0) return ack.storedAt;
    return this.readAt === undefined ? undefined : new Date(this.readAt);
  }

  /** Lets at most `count` more messages arrive, the requested ones included. Without a count, any number may arrive. */
  allow(count = Infinity): void {
    this.allowance = count - this.requested;
    this.request();
  }

  /** Must be called with each subject that the server denies: the server sends no reply to a denied request. */
  denied(subject: string): void {
    if (subject !== this.requestSubject) return;
    this.rejectStart(
      new ProvisionError(
        `Processor ${this.options.durable} may not pull: it needs the right to publish to ${subject}.`,
      ),
    );
  }

  /** Forgets all requests, for instance after a reconnection, and makes new ones. */
  restart(timing = LONG_REQUEST): void {
    if (this.stopped) return;
    this.suspended = false;
    this.isTrusted = !this.options.refuse;
    // Drained, not unsubscribed: a message already sent there would be lost until its `ackWait` is over.
    this.subscription?.drain().catch(() => undefined);
    const inbox = this.options.newInbox();
    this.inbox = inbox;
    this.subscription = this.options.connection.subscribe(inbox, {
      callback: (error, message) =>
        error ? this.options.onLost(error.message) : this.receive(message, inbox),
    });
    this.forgetRequested(this.requested);
    this.lastHeard = performance.now();
    this.request(timing);
  }

  /** Requests nothing more until {@link restart}. Messages that were requested before are still handled. */
  suspend(): void {
    this.suspended = true;
  }

  /** Requests nothing more, and waits at most `timeout` ms for the messages that are on their way or in flight. */
  async stop(timeout: number): Promise<void> {
    this.stopped = true;
    clearInterval(this.watch);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeout)));
    await Promise.race([this.drained(), late]);
    clearTimeout(timer);
  }

  private async drained(): Promise<void> {
    // A drain ends when all messages that the server had already sent have arrived.
    if (!this.options.connection.isClosed()) await this.subscription?.drain().catch(() => undefined);
    if (this.inFlight > 0) await new Promise<void>((resolve) => (this.resolveDrained = resolve));
  }

  private request(timing = LONG_REQUEST): void {
    const { connection, concurrency } = this.options;
    if (this.stopped || this.suspended || connection.isClosed()) return;
    const limit = concurrency + this.prefetch;
    const permits = limit - this.inFlight - this.requested;
    const trusted = this.isTrusted ? Infinity : 1 - this.requested;
    const count = Math.min(permits, this.allowance, trusted);
    // Wait until an eighth of the permits is free: a request for every few messages would cost too much.
    const isTooFew = permits < this.allowance && permits * 8 < limit;
    if (count < 1 || (this.requested > 0 && isTooFew)) return;
    const beyond = Math.max(0, this.inFlight + this.requested + count - concurrency);
    const prefetched = Math.min(count, beyond);
    this.ask(count - prefetched, timing);
    this.ask(prefetched, SHORT_REQUEST);
  }

  private ask(batch: number, { expiresMs, heartbeatMs }: typeof LONG_REQUEST): void {
    if (batch === 0) return;
    this.requested += batch;
    this.allowance -= batch;
    const request = {
      batch,
      expires: expiresMs * NANOSECONDS_PER_MS,
      idle_heartbeat: heartbeatMs * NANOSECONDS_PER_MS,
    };
    this.options.connection.publish(this.requestSubject, JSON.stringify(request), { reply: this.inbox });
  }

  /** Notes that `count` requested messages will not arrive. */
  private forgetRequested(count: number): void {
    this.requested -= count;
    this.allowance += count;
  }

  private get requestSubject(): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.options.stream}.${this.options.durable}`;
  }

  private receive(message: Msg, inbox: string): void {
    const isLate = inbox !== this.inbox;
    if (message.subject === inbox) {
      // A status of a forgotten request has no meaning any more.
      if (!isLate) this.receiveStatus(message);
      return;
    }
    const ack = readAckSubject(message.reply);
    if (!ack) return;
    this.hear();
    if (isLate) this.allowance -= 1;
    else this.requested = Math.max(0, this.requested - 1);
    if (this.options.refuse?.(message)) return this.suspend();
    this.isTrusted = true;
    this.newest = message.reply;
    this.readAt = Date.now();
    this.inFlight += 1;
    // If `onMessage` breaks its contract and rejects, the permit is still released.
    void this.options.onMessage(message, ack).then(this.settled, this.settled);
    this.request();
  }

  private hear(): void {
    this.lastHeard = performance.now();
    this.resolveStart();
  }

  private readonly settled = (): void => {
    this.inFlight -= 1;
    this.settledSinceCheck += 1;
    if (this.inFlight === 0) this.resolveDrained();
    this.request();
  };

  /** Handles a status of the server about a pull request: ADR-13 of https://github.com/nats-io/nats-architecture-and-design. */
  private receiveStatus(message: Msg): void {
    const headers = statusIn(message);
    if (!headers) return;
    this.hear();
    const { code, description } = headers;
    if (NONE_WAITS.includes(code)) {
      this.newest = undefined;
      this.readAt = Date.now();
    }
    if (code === 100) return;
    const unfilled = Number(headers.get('Nats-Pending-Messages'));
    this.forgetRequested(Math.min(this.requested, unfilled || 0));
    if (code === 404 || code === 408) return this.request();
    // 409: a deleted consumer, a lost leader or a limit. 503: a server without JetStream. The next check requests again.
    const reason = `${code} ${description}`.trim();
    if (!/batch completed/i.test(reason)) this.options.onLost(reason);
  }

  private check(): void {
    if (this.options.connection.isClosed()) return;
    const now = performance.now();
    const elapsed = now - this.lastCheck;
    this.lastCheck = now;
    // After a standstill of this process, messages of the server are still to be read: that is not a silence.
    if (elapsed > LONG_REQUEST.heartbeatMs) this.lastHeard = now;
    this.prefetch = this.prefetchAt(this.settledSinceCheck / Math.max(1, elapsed));
    this.settledSinceCheck = 0;
    const isSilent = now - this.lastHeard > SILENCE_TIMEOUT_MS && this.requested > 0;
    if (isSilent && !this.suspended) this.restart();
    else this.request();
  }

  /** Keeps permits from standing idle while a request travels. `rate` is in messages per millisecond. */
  private prefetchAt(rate: number): number {
    return Math.min(this.options.concurrency, Math.floor(rate * PREFETCH_WINDOW_MS));
  }
}

/**
 * Returns the headers of a status; undefined for any other message, because anybody who knows the inbox may publish there. Broken
 * headers must not throw: an error in the callback would end the client's reading for good.
 */
function statusIn(message: Msg): MsgHdrs | undefined {
  const headers = unlessBroken(() => message.headers);
  return headers?.code ? headers : undefined;
}
