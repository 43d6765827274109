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
import { answerText, readAnswer } from './publish-answer.js';
import { PublishWatch, type Stall, type StalledStream, type Unconfirmed } from './publish-watch.js';
import { Slots } from './slots.js';

/** Time to wait for a PubAck before the message is resent with the same id, in milliseconds. */
const ACK_TIMEOUT_MS = 2_000;
/** Delay before a message is resent after a temporary refusal, in milliseconds. The delay doubles with each refusal. */
const RESEND_DELAY_MS = { first: 50, max: 1_000 };
/**
 * Interval between two checks of all unconfirmed messages, in milliseconds. A timer for each message would cost as much as
 * publishing the message.
 */
const SWEEP_INTERVAL_MS = 50;
/**
 * Maximum number of messages that are written to the socket together. With larger groups, the broker would have nothing to store
 * while the next group is prepared.
 */
const GROUP_SIZE = 128;
const DEFAULT_WINDOW = 4_096;
/** Slot number of a message that is not in flight yet. */
const NO_SLOT = -1;

interface PipelineOptions {
  /** Prefix of the subjects on which PubAcks arrive. The prefix is unique to this client. */
  inbox: string;
  /** Maximum number of messages in flight at the same time. Further messages wait. Default 4,096. */
  window?: number | undefined;
  /** Time after which an unconfirmed publish is reported, in milliseconds. Default 10,000. */
  lateAfter?: number;
}

interface PublishCallbacks {
  /** Called with the PubAck in JSON when the broker has stored the message. Must not throw. */
  readonly confirm: (pubAck: string) => void;
  readonly giveUp: (error: Error) => void;
}

/** Message that has been neither confirmed nor given up. */
interface Pending extends PublishCallbacks, Unconfirmed {
  /** Slot among the messages in flight, or {@link NO_SLOT}. */
  slot: number;
  /** Serial number of the message in this pipeline. */
  readonly order: number;
  readonly id: string;
  readonly subject: string;
  readonly body: Uint8Array;
  /** Headers, encoded only once even if the message is sent several times. */
  readonly headers: Uint8Array;
  /** Time at which the message is given up, by `performance.now()`; `Infinity` without a timeout. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Time at which the message is resent unless it has been confirmed, by `performance.now()`. */
  resendAt: number;
  /** Delay before the message is resent after its next refusal, in milliseconds. */
  resendDelay: number;
  /** Cause and start of the delay after a temporary refusal or a missing PubAck; undefined for nearly every message. */
  stall: Stall | undefined;
}

const pipelines = new WeakMap<NatsConnection, PublishPipeline>();

/** Returns the pipeline of a connection. The first call creates the pipeline, and later calls ignore the options. */
export function pipelineOf(connection: NatsConnection, options?: PipelineOptions): PublishPipeline {
  const known = pipelines.get(connection);
  if (known) return known;
  const pipeline = new PublishPipeline(connection, options ?? { inbox: createInbox() });
  pipelines.set(connection, pipeline);
  return pipeline;
}

/** Publishes as {@link PublishPipeline.publish} does, for callers that do not need the PubAck. */
export function publishConfirmed(
  connection: NatsConnection,
  message: OutgoingMessage,
  limits: PublishLimits = {},
): Promise<unknown> {
  return new Promise((confirm, giveUp) => pipelineOf(connection).begin(message, limits, { confirm, giveUp }));
}

/**
 * Publishes many messages without waiting for the PubAck of each message before sending the next message. All PubAcks arrive on
 * one subscription, and the pipeline finds the matching message by the reply subject. The client's `js.publish` sends each
 * message as a separate request, which takes three times as much CPU time (ADR 9).
 */
export class PublishPipeline {
  private readonly inFlight = new Slots<Pending>();
  /** Messages that wait for room in the window. */
  private readonly queue = new Set<Pending>();
  /** Messages in flight that will be written to the socket together, at the end of the event loop's turn. */
  private readonly unwritten: Pending[] = [];
  private readonly prefix: string;
  private readonly window: number;
  private readonly watch: PublishWatch;
  private count = 0;
  private replies: Subscription | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  private isDisconnected = false;
  private headersToSend: Uint8Array = Buffer.of();
  /** Replaces the client's headers object. The client only calls `encode` on the object, and calls it immediately. */
  private readonly headers = { encode: () => this.headersToSend } as unknown as MsgHdrs;

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
   * Publishes a message, and resends it until the broker confirms that the message is stored. The publish survives
   * disconnections, elections, timeouts and a full stream.
   *
   * @throws PublishRefusedError if the broker refuses the message permanently
   * @throws PublishDeniedError if this client lacks the right to publish the message
   * @throws PublishTimeoutError if no confirmation arrives within the limits or before the connection closes. The message may
   * still have been stored.
   */
  publish(message: OutgoingMessage, limits: PublishLimits = {}): Promise<PubAck> {
    return new Promise((resolve, giveUp) => {
      const confirm = (pubAck: string) => resolve(JSON.parse(pubAck) as PubAck);
      this.begin(message, limits, { confirm, giveUp });
    });
  }

  /**
   * Publishes as {@link publish} does, but with callbacks. A caller that already has a promise for each event needs no second
   * promise.
   */
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
      slot: NO_SLOT,
      order: (this.count += 1),
      id: message.id,
      subject: message.subject,
      body: message.body,
      headers,
      deadline: timeout === undefined ? Infinity : performance.now() + timeout,
      signal,
      confirm,
      giveUp,
      resendAt: Infinity,
      resendDelay: RESEND_DELAY_MS.first,
      stall: undefined,
    };
    if (this.inFlight.size < this.window) this.admit(pending);
    else this.queue.add(pending);
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP_INTERVAL_MS);
  }

  /** Streams with at least one publish of this connection that has stayed unconfirmed for `lateAfter` ms. */
  get stalled(): StalledStream[] {
    return this.watch.stalled(performance.now());
  }

  private admit(pending: Pending): void {
    pending.slot = this.inFlight.add(pending);
    // Messages of one turn of the event loop are written together. A write to the socket for each message would cost more.
    const count = this.unwritten.push(pending);
    if (count === 1) setImmediate(() => this.sendUnwritten());
    else if (count === GROUP_SIZE) this.sendUnwritten();
  }

  private sendUnwritten(): void {
    const now = performance.now();
    for (const pending of this.unwritten.splice(0)) {
      // If the message has been given up, its slot may hold another message.
      if (this.inFlight.get(pending.slot) === pending) this.send(pending, now);
    }
  }

  private send(pending: Pending, now = performance.now()): void {
    pending.resendAt = now + ACK_TIMEOUT_MS;
    if (pending.stall) pending.stall.isAnswered = false;
    // The client may lose messages that are published while it is disconnected. After the reconnection, all messages in flight
    // are sent.
    if (this.isDisconnected) return;
    try {
      this.replies ??= this.subscribe();
      const { subject, body, slot, order } = pending;
      this.headersToSend = pending.headers;
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
    const { subject, data } = reply;
    const dot = subject.indexOf('.', this.prefix.length);
    const pending = this.inFlight.get(Number(subject.slice(this.prefix.length, dot)));
    // The second PubAck of a message that was sent twice is ignored. The slot may hold another message by now.
    if (pending?.order !== Number(subject.slice(dot + 1))) return;
    if (data.length === 0) return this.failed(pending, new errors.NoRespondersError(pending.subject));
    const text = answerText(data);
    const answer = readAnswer(text);
    if (!answer) return;
    if (answer !== 'confirmed') return this.failed(pending, new JetStreamApiError(answer));
    this.removePending(pending);
    if (this.watch.isAwake) this.watch.confirmed(pending.subject);
    pending.confirm(text);
  }

  private failed(pending: Pending, cause: unknown): void {
    if (isRefused(cause)) {
      this.removePending(pending);
      pending.giveUp(refusal(pending, cause));
      return;
    }
    const now = performance.now();
    pending.stall = { since: pending.stall?.since ?? now, cause: cause as Error, isAnswered: true };
    pending.resendAt = now + pending.resendDelay;
    pending.resendDelay = Math.min(pending.resendDelay * 2, RESEND_DELAY_MS.max);
  }

  /** Frees the slot of the message, and admits the next message of the queue. */
  private removePending(pending: Pending): void {
    this.inFlight.remove(pending.slot);
    if (this.queue.size === 0) return;
    const [next] = this.queue;
    this.queue.delete(next!);
    this.admit(next!);
  }

  /**
   * Resends due messages. Gives up messages whose deadline has passed or whose signal has aborted. After the connection has
   * closed, gives up all messages.
   */
  private sweep(): void {
    const now = performance.now();
    const isClosed = this.connection.isClosed();
    const all = [...this.queue, ...this.inFlight.values()];
    this.watch.look(all, now);
    for (const pending of all) {
      if (isClosed || pending.signal?.aborted) this.abandon(pending);
      else if (pending.deadline <= now) {
        this.watch.gaveUp(pending, now);
        this.abandon(pending);
      } else if (pending.resendAt <= now) this.sendAgain(pending, now);
    }
    if (isClosed) this.watch.end();
    if (this.inFlight.size > 0 || this.queue.size > 0 || this.watch.isAwake) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }

  private sendAgain(pending: Pending, now: number): void {
    const { stall } = pending;
    if (!stall?.isAnswered) {
      const cause = this.isDisconnected
        ? new errors.ConnectionError('disconnected')
        : new errors.TimeoutError();
      pending.stall = { since: stall?.since ?? now - ACK_TIMEOUT_MS, cause, isAnswered: false };
    }
    this.send(pending, now);
  }

  private abandon(pending: Pending): void {
    if (!this.queue.delete(pending)) this.removePending(pending);
    pending.giveUp(unconfirmed(pending, pending.stall?.cause ?? new errors.TimeoutError()));
  }

  private async watchConnection(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.isDisconnected = true;
      else if (status.type === 'reconnect') this.sendAll();
      else if (status.type === 'error' && status.error instanceof errors.PermissionViolationError)
        this.denied(status.error);
    }
    this.sweep();
  }

  /** Resends all messages in flight in their original order, because PubAcks may have been lost with the connection. */
  private sendAll(): void {
    this.isDisconnected = false;
    const inOrder = this.inFlight.values().sort((one, other) => one.order - other.order);
    for (const pending of inOrder) this.send(pending);
  }

  /**
   * Fails all messages in flight on a denied subject. The server reports a denied publish on the connection, and the report names
   * only the subject.
   */
  private denied(error: PermissionViolationError): void {
    if (error.operation !== 'publish') return;
    for (const pending of this.inFlight.values()) {
      if (pending.subject === error.subject) this.failed(pending, error);
    }
  }

  private repliesDenied(error: Error): void {
    this.replies = undefined;
    for (const pending of this.inFlight.values()) this.failed(pending, error);
  }
}
