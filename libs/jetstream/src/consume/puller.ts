import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';
import { pendingIn, readAckSubject, type AckSubject } from '../wire/ack-subject.js';
import { ProvisionError } from '../errors.js';

/** A pull request waits at most this long at the server, which says every second that it is alive. */
const LASTING = { expires: 5_000, heartbeat: 1_000 };
/**
 * The first request is answered sooner, so that a start knows quickly that pulling works; and what is asked for ahead is soon
 * forgotten, since handlers may turn slow.
 */
const BRIEF = { expires: 1_000, heartbeat: 250 };
/** Without a sign of life for this long the requests are taken for lost and made again. */
const SILENCE = 2_500;

/** Milliseconds within which a message that has no place yet will have one: a request takes about as long, to a busy broker. */
const AHEAD = 5;

const NANOSECONDS = 1_000_000;

/**
 * A request is alive, found nothing, or has expired: while messages wait, the server sends them instead. The exception is a consumer
 * with `max_ack_pending` messages unanswered, whose replicas are full and report it themselves.
 */
const NONE_WAITS = [100, 404, 408];

export interface PullerOptions {
  connection: NatsConnection;
  stream: string;
  durable: string;
  /** A fresh subject of this client's own for the answers. */
  newInbox(): string;
  /** Messages that may be handled at the same time. While they end quickly, up to as many again may be in hand. */
  concurrency: number;
  /** Never rejects, and may handle the message before it returns. The message is in hand until it settles. */
  onMessage(message: Msg, ack: AckSubject): Promise<void>;
  /**
   * Hands back a message that this consumer should not send, and returns true: pulling stops then, until {@link Puller.restart}.
   * If it is given, the first request is for one message, because the broker counts a delivery of each that is handed back.
   */
  refuse?(message: Msg): boolean;
  /** Pulling stopped for a reason that time alone will not mend, such as a deleted consumer. */
  onLost(reason: string): void;
}

/**
 * Pulls from a durable consumer as many messages as may be handled at once, and ahead of that, for at most a second, up to as
 * many again: so many as have lately ended within {@link AHEAD}. So none grows old in a buffer while its `ackWait` runs. Only
 * after a restart more may come, which the server had sent before.
 *
 * Written on core NATS rather than on the client's `consume()`, whose window counts what it has delivered, not what is
 * done, and which cannot stop without losing what is on its way.
 */
export class Puller {
  private inHand = 0;
  /** Messages that have settled since the last check. */
  private settledSince = 0;
  /** Messages that may be in hand beyond `concurrency`. */
  private ahead = 0;
  private emptied = (): void => undefined;
  private subscription: Subscription | undefined;
  private inbox = '';
  private requested = 0;
  /** By a clock that never steps, as `lastCheck`. */
  private lastHeard = 0;
  private lastCheck = performance.now();
  private heard = (): void => undefined;
  private refused = (_reason: Error): void => undefined;
  private watch: NodeJS.Timeout | undefined;
  private stopped = false;
  private suspended = false;
  /** True once a message was not refused. */
  private isTrusted = false;
  /** Messages that may come beside those that are asked for already. */
  private allowance = Infinity;
  /**
   * Subject for the answer to the newest message, which tells when that was stored and how many waited behind it. Undefined once the
   * server has reported that none waits.
   */
  private newest: string | undefined;
  /** When the newest message or such a report arrived. */
  private readAt: number | undefined;

  constructor(private readonly options: PullerOptions) {}

  /**
   * Resolves with the first sign of life from the consumer.
   *
   * @throws ProvisionError where this client may not pull
   */
  start(): Promise<void> {
    const alive = new Promise<void>((resolve, reject) => {
      this.heard = resolve;
      this.refused = reject;
    });
    this.restart(BRIEF);
    this.watch = setInterval(() => this.check(), LASTING.heartbeat / 2);
    return alive;
  }

  /**
   * Messages that are unread were stored after this time. It advances only if the server sends a message, or reports that none waits
   * for a request: not in a pause, and not while all places are taken. Undefined before the first of these.
   */
  get readUpTo(): Date | undefined {
    const ack = readAckSubject(this.newest);
    if (ack && pendingIn(this.newest!) > 0) return ack.storedAt;
    return this.readAt === undefined ? undefined : new Date(this.readAt);
  }

  /** Lets at most `count` more messages come, those that are asked for already among them; without a number any number. */
  allow(count = Infinity): void {
    this.allowance = count - this.requested;
    this.request();
  }

  /** To be told of what the server denies, since it leaves a denied request without an answer. */
  denied(subject: string): void {
    if (subject !== this.requestSubject) return;
    this.refused(
      new ProvisionError(
        `Processor ${this.options.durable} may not pull: it needs the right to publish to ${subject}.`,
      ),
    );
  }

  /** Forgets what was asked for, for instance after a reconnection, and asks again. */
  restart(timing = LASTING): void {
    if (this.stopped) return;
    this.suspended = false;
    this.isTrusted = !this.options.refuse;
    // Not unsubscribed: what the server has sent there already would be lost until its `ackWait` is over.
    this.subscription?.drain().catch(() => undefined);
    const inbox = this.options.newInbox();
    this.inbox = inbox;
    this.subscription = this.options.connection.subscribe(inbox, {
      callback: (error, message) =>
        error ? this.options.onLost(error.message) : this.receive(message, inbox),
    });
    this.unanswered(this.requested);
    this.lastHeard = performance.now();
    this.request(timing);
  }

  /** Asks for nothing more until {@link restart}. What comes that was asked for before is still handed on. */
  suspend(): void {
    this.suspended = true;
  }

  /** Asks for nothing more and waits for what is on its way or in hand, at most `timeout` ms. */
  async stop(timeout: number): Promise<void> {
    this.stopped = true;
    clearInterval(this.watch);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeout)));
    await Promise.race([this.drained(), late]);
    clearTimeout(timer);
  }

  private async drained(): Promise<void> {
    // Draining answers once everything that the server had already sent is here.
    if (!this.options.connection.isClosed()) await this.subscription?.drain().catch(() => undefined);
    if (this.inHand > 0) await new Promise<void>((resolve) => (this.emptied = resolve));
  }

  private request(timing = LASTING): void {
    const { connection, concurrency } = this.options;
    const most = concurrency + this.ahead;
    const places = most - this.inHand - this.requested;
    const trusted = this.isTrusted ? Infinity : 1 - this.requested;
    const free = Math.min(places, this.allowance, trusted);
    // Asking for a few at a time would cost a request for each: wait until an eighth of the places is free.
    const few = places < this.allowance && places * 8 < most;
    if (this.stopped || this.suspended || free < 1 || (this.requested > 0 && few)) return;
    if (connection.isClosed()) return;
    const beyond = Math.max(0, this.inHand + this.requested + free - concurrency);
    const ahead = Math.min(free, beyond);
    this.ask(free - ahead, timing);
    this.ask(ahead, BRIEF);
  }

  private ask(batch: number, { expires, heartbeat }: typeof LASTING): void {
    if (batch === 0) return;
    this.requested += batch;
    this.allowance -= batch;
    const request = { batch, expires: expires * NANOSECONDS, idle_heartbeat: heartbeat * NANOSECONDS };
    this.options.connection.publish(this.requestSubject, JSON.stringify(request), { reply: this.inbox });
  }

  /** So many messages that were asked for do not come. */
  private unanswered(count: number): void {
    this.requested -= count;
    this.allowance += count;
  }

  private get requestSubject(): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.options.stream}.${this.options.durable}`;
  }

  private receive(message: Msg, inbox: string): void {
    const isLate = inbox !== this.inbox;
    if (message.subject === inbox) {
      // Of what was asked for before, the server's news mean nothing any more.
      if (!isLate) this.status(message);
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
    this.inHand += 1;
    // It should not reject. Where it does all the same, its place is free.
    void this.options.onMessage(message, ack).then(this.settled, this.settled);
    this.request();
  }

  private hear(): void {
    this.lastHeard = performance.now();
    this.heard();
  }

  private readonly settled = (): void => {
    this.inHand -= 1;
    this.settledSince += 1;
    if (this.inHand === 0) this.emptied();
    this.request();
  };

  /** https://github.com/nats-io/nats-architecture-and-design, ADR-13: what a server says of a pull request. */
  private status(message: Msg): void {
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
    this.unanswered(Math.min(this.requested, unfilled || 0));
    if (code === 404 || code === 408) return this.request();
    // 409 covers a deleted consumer, a lost leader and limits; 503 a server without JetStream. The watch asks again.
    const reason = `${code} ${description}`.trim();
    if (!/batch completed/i.test(reason)) this.options.onLost(reason);
  }

  private check(): void {
    if (this.options.connection.isClosed()) return;
    const now = performance.now();
    // This process stood still, and what the server has sent meanwhile is still to be read.
    if (now - this.lastCheck > LASTING.heartbeat) this.lastHeard = now;
    this.lookAhead(now - this.lastCheck);
    this.lastCheck = now;
    if (!this.suspended && now - this.lastHeard > SILENCE && this.requested > 0) this.restart();
    else this.request();
  }

  /** No place is to wait for a request: so many as have lately ended within {@link AHEAD} may wait for a place. */
  private lookAhead(elapsed: number): void {
    const within = Math.floor((this.settledSince / Math.max(1, elapsed)) * AHEAD);
    this.ahead = Math.min(this.options.concurrency, within);
    this.settledSince = 0;
  }
}

/**
 * Headers that tell a status; undefined of any other message: whoever knows the inbox may publish there. What cannot be read
 * must not throw, which would end the client's reading for good.
 */
function statusIn(message: Msg): MsgHdrs | undefined {
  try {
    return message.headers?.code ? message.headers : undefined;
  } catch {
    return undefined;
  }
}
