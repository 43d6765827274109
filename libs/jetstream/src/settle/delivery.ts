import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { AckSubject } from '../wire/ack-subject.js';
import { unwrapHeaders } from '../wire/wrapped-headers.js';
import { CloudEventHeader, idIn, readHeaders } from '../wire/cloud-events.js';
import { InvalidEventError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import type { EventMetadata } from '../declare/event-context.js';
import { storedEventId, type StoredPlace } from '../wire/event-ids.js';
import { readHeaderBlock } from '../wire/fast/header-block.js';
import { publishedVersion } from '../contract/event-versions.js';
import {
  isProcessorName,
  isRetryKey,
  isTransportSubject,
  quarantineStageOf,
  TransportHeader,
} from '../wire/names.js';

const encoder = new TextEncoder();
const ACKNOWLEDGE = encoder.encode('+ACK');
const TERMINATE = encoder.encode('+TERM');
const WORKING = encoder.encode('+WPI');

/** The answer that has the server deliver an event again after `delay` milliseconds. */
export function nakAfter(delay: number): Uint8Array {
  // Whole milliseconds: with a fraction the server redelivers at once.
  return encoder.encode(`-NAK ${JSON.stringify({ delay: Math.round(delay) * 1_000_000 })}`);
}

/** One delivery of a stored event to a processor, and the answers that JetStream understands. */
export class Delivery implements StoredPlace {
  readonly stream: string;
  /** Place of the delivered message in the stream. */
  readonly sequence: number;
  /** How often JetStream has delivered this message, from 1: more than once after a crash. */
  readonly deliveries: number;
  readonly storedAt: Date;
  /** The event that was published: it lies elsewhere than this message when this is a retry or a replay. */
  readonly original: { readonly stream: string; readonly sequence: number; readonly subject: string };
  /** Names the attempts that belong together. */
  readonly retryKey: string;
  /** The replay that it is part of, and the failure event that is replayed. */
  readonly replayId: string | undefined;
  readonly failureId: string | undefined;
  /** Whose failure that is; undefined if it is this processor's, under the name that it has now. */
  readonly failureProcessor: string | undefined;
  /** The replay as new that it is part of, or was when it failed. */
  readonly asNew: string | undefined;
  /** Attempts that ended before this message was stored. */
  readonly attemptsBefore: number;
  /**
   * When the first attempt began. After a crash nobody knows: it is the time then at which the message was stored, which is not later,
   * and the same at each delivery.
   */
  readonly firstAttemptAt: Date;
  /** Asked for once more when the event has been handled: the headers are not read again for it. */
  private knownId: string | undefined;
  private readonly isTransports: boolean;
  private hasAnswer = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly message: Msg,
    ack: AckSubject,
  ) {
    this.isTransports = isTransportSubject(message.subject);
    this.stream = ack.stream;
    this.sequence = ack.sequence;
    this.deliveries = ack.deliveries;
    this.storedAt = ack.storedAt;
    this.original = {
      stream: this.transportHeader(TransportHeader.stream, isRetryKey) ?? ack.stream,
      sequence: Number(this.transportHeader(TransportHeader.sequence, isCount) ?? ack.sequence),
      subject: this.transportHeader(TransportHeader.subject) ?? message.subject,
    };
    this.retryKey =
      this.transportHeader(TransportHeader.retryKey, isRetryKey) ?? `${ack.stream}-${ack.sequence}`;
    this.replayId = this.transportHeader(TransportHeader.replayId, isRetryKey);
    this.failureId = this.transportHeader(TransportHeader.failureId, isRetryKey);
    this.failureProcessor = this.transportHeader(TransportHeader.failureProcessor, isProcessorName);
    this.asNew = this.transportHeader(TransportHeader.asNew, isRetryKey);
    this.attemptsBefore = Number(this.transportHeader(TransportHeader.attempts, isCount) ?? 0);
    const first = this.isTransports
      ? Date.parse(this.transportHeader(TransportHeader.firstAttemptAt) ?? '')
      : NaN;
    if (!Number.isNaN(first)) this.firstAttemptAt = new Date(first);
    else this.firstAttemptAt = ack.deliveries > 1 ? ack.storedAt : new Date();
  }

  /** True once the broker was told what becomes of this delivery: it accepts one such answer. */
  get isSettled(): boolean {
    return this.hasAnswer;
  }

  get body(): Uint8Array {
    return this.message.data;
  }

  get attempt(): number {
    return this.attemptsBefore + this.deliveries;
  }

  /** Whether it was in hand too often when its process died, and waits for its last attempt, or is at it. */
  get quarantineStage(): 'quarantine' | 'isolated' | undefined {
    return this.isTransports ? quarantineStageOf(this.message.subject) : undefined;
  }

  /** The publisher's headers, undefined where they cannot be parsed. */
  get originalHeaders(): Record<string, string[]> | undefined {
    try {
      return Object.fromEntries(this.eventHeaders());
    } catch {
      return undefined;
    }
  }

  /** The header bytes as they came; undefined where the client keeps none. */
  get rawHeaders(): Uint8Array | undefined {
    // The client parses headers or throws; the bytes are where its Msg keeps them.
    const { _rdata: bytes, _msg: sizes } = this.message as { _rdata?: Uint8Array; _msg?: { hdr?: number } };
    return bytes && sizes?.hdr !== undefined && sizes.hdr > 0 ? bytes.subarray(0, sizes.hdr) : undefined;
  }

  /** `ce-id` where it can be read, else an id derived from where the event is stored. */
  get eventId(): string {
    return (this.knownId ??= idIn(this.originalHeaders ?? {}) ?? this.derivedId);
  }

  /** Of the flow that it belongs to; where that cannot be read, it is a flow of its own. */
  get correlationId(): string {
    try {
      return readHeaders(this.eventHeaders())[CloudEventHeader.correlationId] || this.eventId;
    } catch {
      return this.eventId;
    }
  }

  /**
   * What the headers say of the event. A message without `ce-*` headers is an event too, published by hand.
   *
   * @throws InvalidEventError where they cannot be read, or belong to another event than `type`, or to a major version that it does not know
   */
  metadata(type: EventClass): EventMetadata {
    const headers = this.readHeaders();
    assertType(headers, type);
    const eventId = (this.knownId = headers[CloudEventHeader.id] || this.derivedId);
    const time = new Date(headers[CloudEventHeader.time] ?? '');
    return {
      eventId,
      correlationId: headers[CloudEventHeader.correlationId] || eventId,
      causationId: headers[CloudEventHeader.causationId] || undefined,
      source: headers[CloudEventHeader.source] || undefined,
      attempt: this.attempt,
      subject: this.original.subject,
      time: Number.isNaN(time.getTime()) ? this.storedAt : time,
      headers,
      replayId: this.replayId,
      failureId: this.failureId,
      asNew: this.asNew,
    };
  }

  acknowledge(): void {
    this.settle(ACKNOWLEDGE);
  }

  /** Never deliver it again; to be called once the failure event is stored. */
  terminate(): void {
    this.settle(TERMINATE);
  }

  /** Starts the broker's `ackWait` anew. */
  working(): void {
    if (!this.hasAnswer) this.answer(WORKING);
  }

  /** Deliver it again after `delay` ms. It keeps its place among the events in flight: prefer a scheduled retry. */
  nak(delay: number): void {
    this.settle(nakAfter(delay));
  }

  /** A retry carries the one that the event got where it was stored. */
  private get derivedId(): string {
    return this.transportHeader(TransportHeader.eventId) ?? storedEventId(this);
  }

  /** @throws where they cannot be parsed */
  private eventHeaders(): Iterable<[string, string[]]> {
    const { headers } = this.message;
    return this.isTransports ? unwrapHeaders(headers ?? []) : (headers ?? []);
  }

  private readHeaders(): Record<string, string> {
    const bytes = this.isTransports ? undefined : this.rawHeaders;
    const plain = bytes && readHeaderBlock(bytes);
    if (plain) return plain;
    try {
      return readHeaders(this.eventHeaders());
    } catch (cause) {
      if (cause instanceof InvalidEventError) throw cause;
      throw new InvalidEventError(`the headers cannot be read: ${(cause as Error).message}`, [], { cause });
    }
  }

  /** A header that the transport itself wrote; undefined where it does not look like it, since anybody may publish there. */
  private transportHeader(name: string, isValid = (value: string) => value !== ''): string | undefined {
    if (!this.isTransports) return undefined;
    try {
      const value = this.message.headers?.get(name) ?? '';
      return isValid(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  private settle(answer: Uint8Array): void {
    if (this.hasAnswer) return;
    this.hasAnswer = true;
    this.answer(answer);
  }

  private answer(answer: Uint8Array): void {
    // A closed connection cannot answer: the broker then delivers the event again after `ackWait`.
    if (!this.connection.isClosed()) this.message.respond(answer);
  }
}

function assertType(headers: Record<string, string>, type: EventClass): void {
  const specVersion = headers[CloudEventHeader.specVersion];
  if (specVersion !== undefined && specVersion !== '1.0') {
    throw new InvalidEventError(`ce-specversion must be 1.0, found ${JSON.stringify(specVersion)}`);
  }
  publishedVersion(type, headers[CloudEventHeader.type]);
}

function isCount(value: string): boolean {
  return /^\d{1,15}$/.test(value);
}
