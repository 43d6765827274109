import { JetStreamApiError, type PubAck } from '@nats-io/jetstream';
import {
  createInbox,
  errors,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type PermissionViolationError,
  type Subscription,
} from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';
import {
  encodeHeaders,
  isRefused,
  refusal,
  unconfirmed,
  type OutgoingMessage,
  type PublishLimits,
} from '../wire/outgoing-message.js';
import { answerOf, isPlainlyStored, textOf } from './fast/publish-answer.js';
import { PublishWatch, type Stall, type StalledStream, type Unconfirmed } from './publish-watch.js';
import { Slots } from './slots.js';

/** Milliseconds to wait for one PubAck before the message is sent again with the same id. */
const ACK_TIMEOUT = 2_000;
/** Milliseconds before a message is sent again that was refused for now: doubled with each refusal. */
const PAUSE = { first: 50, max: 1_000 };
/** Milliseconds between two looks at what is not confirmed yet. One timer for all: one for each costs as much as the publish. */
const SWEEP = 50;
/** Messages of one turn of the event loop that go together. Of more, the broker stores the first while the others are still made. */
const GROUP = 128;
const DEFAULT_WINDOW = 4_096;
/** The slot of what waits for its turn. */
const WAITING = -1;

export interface PipelineOptions {
  /** A fresh subject of this client's own, below which the PubAcks come. */
  inbox: string;
  /** Messages that may be unconfirmed at the same time; more wait for their turn. Default 4,096. */
  window?: number | undefined;
  /** Milliseconds after which a publish that is not confirmed is reported. Default 10,000. */
  lateAfter?: number;
}

/** What becomes of a message. */
export interface PublishCallbacks {
  /** The broker has stored it. `pubAck` is what it answered, in JSON. Must not throw. */
  readonly confirm: (pubAck: string) => void;
  readonly giveUp: (error: Error) => void;
}

/** A message on its way. */
interface Pending extends PublishCallbacks, Unconfirmed {
  /** Its place among those that are on their way. */
  slot: number;
  /** How many were published before. */
  readonly order: number;
  readonly id: string;
  readonly subject: string;
  readonly body: Uint8Array;
  /** Encoded once, however often it is sent. */
  readonly headers: Uint8Array;
  /** By a clock that never steps, as `dueAt`. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** When it is to be sent again, unless it is confirmed before. */
  dueAt: number;
  pause: number;
  /** Undefined until it has been refused for now, or not answered: for nearly all messages. */
  stall: Stall | undefined;
}

const pipelines = new WeakMap<NatsConnection, PublishPipeline>();

/** The pipeline of a connection: there is one. */
export function pipelineOf(connection: NatsConnection, options?: PipelineOptions): PublishPipeline {
  const known = pipelines.get(connection);
  if (known) return known;
  const pipeline = new PublishPipeline(connection, options ?? { inbox: createInbox() });
  pipelines.set(connection, pipeline);
  return pipeline;
}

/** {@link PublishPipeline.publish} over a connection, for who does not ask where the message is stored. */
export function publishConfirmed(
  connection: NatsConnection,
  message: OutgoingMessage,
  limits: PublishLimits = {},
): Promise<unknown> {
  return new Promise((confirm, giveUp) => pipelineOf(connection).begin(message, limits, { confirm, giveUp }));
}

/**
 * Publishes without waiting for one PubAck before the next message, and matches the PubAcks, which all come to one
 * subscription, to their messages. The client's own `js.publish` makes a request of each message, which costs three times
 * as much CPU.
 */
export class PublishPipeline {
  private readonly sent = new Slots<Pending>();
  private readonly queue = new Set<Pending>();
  private readonly admitted: Pending[] = [];
  private readonly prefix: string;
  private readonly window: number;
  private readonly watch: PublishWatch;
  private count = 0;
  private replies: Subscription | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  private isAway = false;
  /** Of the message that is being sent. */
  private encoded: Uint8Array = Buffer.of();
  /** All that the client wants of headers is their bytes, at once. */
  private readonly headers = { encode: () => this.encoded } as unknown as MsgHdrs;

  constructor(
    readonly connection: NatsConnection,
    { inbox, window = DEFAULT_WINDOW, lateAfter }: PipelineOptions,
  ) {
    this.prefix = `${inbox}.`;
    this.window = window;
    this.watch = new PublishWatch(lateAfter);
    void this.watchConnection();
  }

  /**
   * Publishes until the broker confirms that the message is stored, through disconnections, elections, time-outs and a
   * full stream.
   *
   * @throws PublishRefusedError where the broker will never take the message; PublishDeniedError for want of a right
   * @throws PublishTimeoutError where it was not confirmed within the limits; it may be stored all the same
   */
  publish(message: OutgoingMessage, limits: PublishLimits = {}): Promise<PubAck> {
    return new Promise((resolve, giveUp) => {
      const confirm = (pubAck: string) => resolve(JSON.parse(pubAck) as PubAck);
      this.begin(message, limits, { confirm, giveUp });
    });
  }

  /** {@link publish} with callbacks: for who has a promise already, and would make one more for each event on its way. */
  begin(
    message: OutgoingMessage,
    { timeout, signal }: PublishLimits,
    { confirm, giveUp }: PublishCallbacks,
  ): void {
    let headers: Uint8Array;
    try {
      headers = encodeHeaders(message);
    } catch (cause) {
      return giveUp(refusal(message, cause));
    }
    const pending: Pending = {
      slot: WAITING,
      order: (this.count += 1),
      id: message.id,
      subject: message.subject,
      body: message.body,
      headers,
      deadline: timeout === undefined ? Infinity : performance.now() + timeout,
      signal,
      confirm,
      giveUp,
      dueAt: Infinity,
      pause: PAUSE.first,
      stall: undefined,
    };
    if (this.sent.size < this.window) this.admit(pending);
    else this.queue.add(pending);
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP);
  }

  /** Streams to which publishes of this connection have been unconfirmed for 10 s. */
  get stalled(): StalledStream[] {
    return this.watch.stalled(performance.now());
  }

  private admit(pending: Pending): void {
    pending.slot = this.sent.add(pending);
    // Those of one turn of the event loop go together: each by itself would cost a write to the socket.
    const count = this.admitted.push(pending);
    if (count === 1) setImmediate(() => this.sendAdmitted());
    else if (count === GROUP) this.sendAdmitted();
  }

  private sendAdmitted(): void {
    const now = performance.now();
    for (const pending of this.admitted.splice(0)) {
      // Given up meanwhile, its slot may be another's.
      if (this.sent.get(pending.slot) === pending) this.send(pending, now);
    }
  }

  private send(pending: Pending, now = performance.now()): void {
    pending.dueAt = now + ACK_TIMEOUT;
    if (pending.stall) pending.stall.isAnswered = false;
    // What the client takes while it is disconnected it may forget: everything is sent after the reconnection.
    if (this.isAway) return;
    try {
      this.replies ??= this.subscribe();
      const { subject, body, slot, order } = pending;
      this.encoded = pending.headers;
      const { headers } = this;
      this.connection.publish(subject, body, { headers, reply: `${this.prefix}${slot}.${order}` });
    } catch (cause) {
      this.failed(pending, cause);
    }
  }

  private subscribe(): Subscription {
    return this.connection.subscribe(`${this.prefix}*.*`, {
      callback: (error, reply) => (error ? this.repliesDenied(error) : this.receive(reply)),
    });
  }

  private receive(reply: Msg): void {
    const { subject } = reply;
    const dot = subject.indexOf('.', this.prefix.length);
    const pending = this.sent.get(Number(subject.slice(this.prefix.length, dot)));
    // Otherwise it was sent twice, and confirmed before.
    if (pending?.order !== Number(subject.slice(dot + 1))) return;
    const { data } = reply;
    if (data.length === 0) return this.failed(pending, new errors.NoRespondersError(pending.subject));
    const text = textOf(data);
    if (!isPlainlyStored(text)) {
      const answer = answerOf(text);
      if (answer?.error) return this.failed(pending, new JetStreamApiError(answer.error));
      // Whoever listens on the subject may answer as well. Only a stream says where it has stored the message.
      if (!answer?.stream || !answer.seq) return;
    }
    this.leave(pending);
    if (this.watch.isAwake) this.watch.confirmed(pending.subject);
    pending.confirm(text);
  }

  private failed(pending: Pending, cause: unknown): void {
    if (isRefused(cause)) {
      this.leave(pending);
      pending.giveUp(refusal(pending, cause));
      return;
    }
    const now = performance.now();
    pending.stall = { since: pending.stall?.since ?? now, cause: cause as Error, isAnswered: true };
    pending.dueAt = now + pending.pause;
    pending.pause = Math.min(pending.pause * 2, PAUSE.max);
  }

  private leave(pending: Pending): void {
    this.sent.remove(pending.slot);
    if (this.queue.size === 0) return;
    const [next] = this.queue;
    this.queue.delete(next!);
    this.admit(next!);
  }

  /** Sends again what is due, and gives up what is over. */
  private sweep(): void {
    const now = performance.now();
    const isClosed = this.connection.isClosed();
    const all = [...this.queue, ...this.sent.values()];
    this.watch.look(all, now);
    for (const pending of all) {
      if (isClosed || pending.signal?.aborted) this.abandon(pending);
      else if (pending.deadline <= now) {
        this.watch.gaveUp(pending, now);
        this.abandon(pending);
      } else if (pending.dueAt <= now) this.sendAgain(pending, now);
    }
    if (isClosed) this.watch.end();
    if (this.sent.size > 0 || this.queue.size > 0 || this.watch.isAwake) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }

  private sendAgain(pending: Pending, now: number): void {
    const { stall } = pending;
    if (!stall?.isAnswered) {
      const cause = this.isAway ? new errors.ConnectionError('disconnected') : new errors.TimeoutError();
      pending.stall = { since: stall?.since ?? now - ACK_TIMEOUT, cause, isAnswered: false };
    }
    this.send(pending, now);
  }

  private abandon(pending: Pending): void {
    if (!this.queue.delete(pending)) this.leave(pending);
    pending.giveUp(unconfirmed(pending, pending.stall?.cause ?? new errors.TimeoutError()));
  }

  private async watchConnection(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.isAway = true;
      else if (status.type === 'reconnect') this.sendAll();
      else if (status.type === 'error' && status.error instanceof errors.PermissionViolationError)
        this.denied(status.error);
    }
    this.sweep();
  }

  /** In their order: a PubAck that was on its way when the connection broke is lost. */
  private sendAll(): void {
    this.isAway = false;
    const inOrder = this.sent.values().sort((one, other) => one.order - other.order);
    for (const pending of inOrder) this.send(pending);
  }

  /** The server answers a message that it denies with an error for the connection, which names the subject alone. */
  private denied(error: PermissionViolationError): void {
    if (error.operation !== 'publish') return;
    for (const pending of this.sent.values()) {
      if (pending.subject === error.subject) this.failed(pending, error);
    }
  }

  private repliesDenied(error: Error): void {
    this.replies = undefined;
    for (const pending of this.sent.values()) this.failed(pending, error);
  }
}
