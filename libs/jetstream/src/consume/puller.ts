import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';
import { pendingIn, readAckSubject, type AckSubject } from '../wire/ack-subject.js';
import { unlessBroken } from '../wire/unless-broken.js';
import { ProvisionError } from '../errors.js';

/**
 * Timing of a normal pull request. The server keeps the request for up to `expiresMs`, and sends a heartbeat every `heartbeatMs`
 * while the request waits.
 */
const LONG_REQUEST = { expiresMs: 5_000, heartbeatMs: 1_000 };
/**
 * Timing of the first request. Because of the short heartbeat, a start soon finds out whether pulling works. Prefetch requests
 * use this timing too, so that they expire soon if handlers slow down.
 */
const SHORT_REQUEST = { expiresMs: 1_000, heartbeatMs: 250 };
/** Time without a message or heartbeat after which requests count as lost and are replaced by new requests, in milliseconds. */
const SILENCE_TIMEOUT_MS = 2_500;

/**
 * Period for which prefetched messages keep the handlers busy, in milliseconds. A request to a busy broker takes about as long.
 */
const PREFETCH_WINDOW_MS = 5;

const NANOSECONDS_PER_MS = 1_000_000;

/**
 * Status codes for a heartbeat, for no messages and for an expired request. Each code means that no message waits, because the
 * server would have sent a waiting message instead. The exception is a consumer that has reached `max_ack_pending`. In this case,
 * the replicas with the pending messages have no free permits, and their {@link Puller.readUpTo} does not advance.
 */
const NONE_WAITS = [100, 404, 408];

export interface PullerOptions {
  connection: NatsConnection;
  stream: string;
  durable: string;
  /** Returns a new subject, unique to this client, for the server's replies. */
  newInbox: () => string;
  /** Maximum number of messages that are handled at the same time. The prefetch never exceeds this number. */
  concurrency: number;
  /**
   * Handles a message. The message is in flight until the promise settles. The promise must not reject. The message may be
   * handled before the function returns.
   */
  onMessage: (message: Msg, ack: AckSubject) => Promise<void>;
  /**
   * Hands back a message that the consumer should not have sent, and returns true. Pulling then stops until {@link
   * Puller.restart}. Returns false for any other message. With this option, the first request asks for only one message. The
   * broker counts a delivery for each message that is handed back.
   */
  refuse?: (message: Msg) => boolean;
  /**
   * Called with the reason if the server ends a pull request with an error, or denies the subscription. For instance, the
   * consumer was deleted.
   */
  onLost: (reason: string) => void;
}

/**
 * Pulls messages from a durable consumer. The puller requests as many messages as may be handled at the same time, plus a
 * prefetch. The prefetch follows the recent rate of finished messages ({@link PREFETCH_WINDOW_MS}). So no message waits long in a
 * buffer while its `ackWait` runs. After a restart, more messages may be in flight, because the server may have sent some
 * messages before the restart.
 *
 * The puller uses core NATS instead of the client's `consume()`. The window of `consume()` counts delivered messages, not
 * finished messages. Also, `consume()` cannot stop without losing the messages that are on their way. ADR 3 has the details.
 */
export class Puller {
  /** Number of messages that have arrived and are not settled. */
  private inFlight = 0;
  /** Number of messages that have been requested and have not arrived. */
  private requested = 0;
  /** Number of messages that may be in flight in addition to `concurrency`. */
  private prefetch = 0;
  /** Number of messages that have been settled since the last check. */
  private settledSinceCheck = 0;
  /** Number of further messages that may be requested (see {@link allow}). */
  private allowance = Infinity;
  private subscription: Subscription | undefined;
  private inbox = '';
  /** Time of the latest message or status, by `performance.now()`. */
  private lastHeard = 0;
  private lastCheck = performance.now();
  private watch: NodeJS.Timeout | undefined;
  private stopped = false;
  private suspended = false;
  /** True if messages are never refused, or after the first message since the last restart that was not refused. */
  private isTrusted = false;
  /**
   * Reply subject of the newest message. The subject contains the time at which the message was stored, and the number of
   * messages that waited behind it. Undefined before the first message, and after the server has reported that no message waits.
   */
  private newest: string | undefined;
  /** Time at which the newest message, or the latest report that no message waits, arrived. */
  private readAt: number | undefined;
  private resolveStart = (): void => undefined;
  private rejectStart = (_reason: Error): void => undefined;
  private resolveDrained = (): void => undefined;

  constructor(private readonly options: PullerOptions) {}

  /**
   * Starts to pull. Resolves when the first message or status message arrives.
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
   * Time after which all unread messages were stored. This time advances when the server sends a message or reports that no
   * message waits. Therefore, the time does not advance during a pause, or while all permits are taken. Undefined before the
   * first message or report.
   */
  get readUpTo(): Date | undefined {
    const ack = readAckSubject(this.newest);
    if (ack && pendingIn(this.newest!) > 0) return ack.storedAt;
    return this.readAt === undefined ? undefined : new Date(this.readAt);
  }

  /**
   * Lets up to `count` more messages arrive, including messages that are already requested. Without a count, any number of
   * messages may arrive.
   */
  allow(count = Infinity): void {
    this.allowance = count - this.requested;
    this.request();
  }

  /** Must be called with each subject that the server denies, because the server sends no reply to a denied request. */
  denied(subject: string): void {
    if (subject !== this.requestSubject) return;
    this.rejectStart(
      new ProvisionError(
        `Processor ${this.options.durable} may not pull: it needs the right to publish to ${subject}.`,
      ),
    );
  }

  /** Forgets all requests and makes new requests, for instance after a reconnection. */
  restart(timing = LONG_REQUEST): void {
    if (this.stopped) return;
    this.suspended = false;
    this.isTrusted = !this.options.refuse;
    // The old subscription is drained, not unsubscribed. Otherwise, a message already sent to its inbox would be redelivered only
    // after its `ackWait`.
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

  /** Stops requesting messages until {@link restart}. Messages that have already been requested are still handled. */
  suspend(): void {
    this.suspended = true;
  }

  /** Stops requesting messages, and waits up to `timeout` ms for messages that are on their way or in flight. */
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
    // Waits until an eighth of the permits is free, because a request for every few messages would cost too much.
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

  /** Records that `count` requested messages will not arrive. */
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
      // A status message about a forgotten request is ignored.
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

  /** Handles a status message about a pull request (ADR-13 of https://github.com/nats-io/nats-architecture-and-design). */
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
    // Code 409 means a deleted consumer, a lost leader or a limit. Code 503 means a server without JetStream. The next check
    // requests messages again.
    const reason = `${code} ${description}`.trim();
    if (!/batch completed/i.test(reason)) this.options.onLost(reason);
  }

  private check(): void {
    if (this.options.connection.isClosed()) return;
    const now = performance.now();
    const elapsed = now - this.lastCheck;
    this.lastCheck = now;
    // After a standstill of this process, the server's messages may still be unread. Such a standstill does not count as silence.
    if (elapsed > LONG_REQUEST.heartbeatMs) this.lastHeard = now;
    this.prefetch = this.prefetchAt(this.settledSinceCheck / Math.max(1, elapsed));
    this.settledSinceCheck = 0;
    const isSilent = now - this.lastHeard > SILENCE_TIMEOUT_MS && this.requested > 0;
    if (isSilent && !this.suspended) this.restart();
    else this.request();
  }

  /**
   * Returns the prefetch that keeps all permits in use during the round trip of a request. `rate` is in messages per millisecond.
   */
  private prefetchAt(rate: number): number {
    return Math.min(this.options.concurrency, Math.floor(rate * PREFETCH_WINDOW_MS));
  }
}

/**
 * Returns the headers of a status message; undefined for any other message. Any client that knows the inbox may publish to it.
 * Broken headers must not throw, because an error in the callback would permanently stop the client from reading messages.
 */
function statusIn(message: Msg): MsgHdrs | undefined {
  const headers = unlessBroken(() => message.headers);
  return headers?.code ? headers : undefined;
}
