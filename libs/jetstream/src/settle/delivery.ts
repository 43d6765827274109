import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { AckSubject } from '../wire/ack-subject.js';
import { unwrapHeaders } from '../wire/wrapped-headers.js';
import { CloudEventHeader, idIn, readHeaders } from '../wire/cloud-events.js';
import { InvalidEventError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import type { EventMetadata } from '../declare/event-context.js';
import { storedEventId, type StoredPlace } from '../wire/event-ids.js';
import { readHeaderBlock } from '../wire/fast/header-block.js';
import { unlessBroken } from '../wire/unless-broken.js';
import { publishedVersion } from '../contract/event-versions.js';
import {
  isProcessorName,
  isRetryKey,
  isTransportSubject,
  type QuarantineStage,
  quarantineStageOf,
  TransportHeader,
} from '../wire/names.js';

const encoder = new TextEncoder();
const ACKNOWLEDGE = encoder.encode('+ACK');
const TERMINATE = encoder.encode('+TERM');
const WORKING = encoder.encode('+WPI');

/** Creates a negative acknowledgement, which makes the server redeliver the event after `delay` ms. */
export function nakAfter(delay: number): Uint8Array {
  // The delay is rounded to whole milliseconds. With a fraction, the server would redeliver the event immediately.
  return encoder.encode(`-NAK ${JSON.stringify({ delay: Math.round(delay) * 1_000_000 })}`);
}

/** Delivery of a stored event to a processor, with the acknowledgements that JetStream understands. */
export class Delivery implements StoredPlace {
  readonly stream: string;
  /** Sequence of the delivered message in the stream. */
  readonly sequence: number;
  /** Number of deliveries of this message by JetStream, starting at 1. The number is greater than 1 for a redelivery. */
  readonly deliveries: number;
  readonly storedAt: Date;
  /** Position of the published event. The message of a retry or a replay has another position. */
  readonly original: { readonly stream: string; readonly sequence: number; readonly subject: string };
  /** Identifier of the chain of attempts. */
  readonly retryKey: string;
  /** Id of the replay; undefined if this delivery is not a replay. */
  readonly replayId: string | undefined;
  /** Id of the replayed failure event; undefined if this delivery does not replay a failure event. */
  readonly failureId: string | undefined;
  /** Processor of the replayed failure, as named in the headers; undefined if the headers name no processor. */
  readonly failureProcessor: string | undefined;
  /** Id of the as-new replay to which the event belongs, or belonged when it failed; undefined for any other event. */
  readonly asNew: string | undefined;
  /** Number of attempts that were used up before this message was stored. */
  readonly attemptsBefore: number;
  /**
   * Time at which the first attempt began. After a crash, a redelivery does not have this time, and the storage time of the
   * message replaces it. The storage time is not later than the first attempt, and is the same at each delivery.
   */
  readonly firstAttemptAt: Date;
  private hasSettled = false;
  /** Id of the event, kept so that the headers are not read again after the event was handled. */
  private knownId: string | undefined;
  private readonly isFromTransport: boolean;

  constructor(
    private readonly connection: NatsConnection,
    private readonly message: Msg,
    ack: AckSubject,
  ) {
    this.isFromTransport = isTransportSubject(message.subject);
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
    const first = this.isFromTransport
      ? Date.parse(this.transportHeader(TransportHeader.firstAttemptAt) ?? '')
      : NaN;
    if (!Number.isNaN(first)) this.firstAttemptAt = new Date(first);
    else this.firstAttemptAt = ack.deliveries > 1 ? ack.storedAt : new Date();
  }

  /** True after a final acknowledgement of any kind was sent. The broker accepts only one final acknowledgement. */
  get isSettled(): boolean {
    return this.hasSettled;
  }

  get body(): Uint8Array {
    return this.message.data;
  }

  get attempt(): number {
    return this.attemptsBefore + this.deliveries;
  }

  /** Stage of an event that waits in quarantine or makes its isolated attempt; undefined for any other event. */
  get quarantineStage(): QuarantineStage | undefined {
    return this.isFromTransport ? quarantineStageOf(this.message.subject) : undefined;
  }

  /** Headers of the publisher; undefined if the headers cannot be parsed. */
  get originalHeaders(): Record<string, string[]> | undefined {
    return unlessBroken(() => Object.fromEntries(this.eventHeaders()));
  }

  /** Header bytes as they arrived; undefined if the message has no headers. */
  get rawHeaders(): Uint8Array | undefined {
    // The client offers only parsed headers, or throws an error. Two private fields of its message hold the bytes.
    const { _rdata: bytes, _msg: sizes } = this.message as { _rdata?: Uint8Array; _msg?: { hdr?: number } };
    return bytes && sizes?.hdr !== undefined && sizes.hdr > 0 ? bytes.subarray(0, sizes.hdr) : undefined;
  }

  /** `ce-id` if it can be read, otherwise an id derived from the event's stream and sequence. */
  get eventId(): string {
    return (this.knownId ??= idIn(this.originalHeaders ?? {}) ?? this.derivedId);
  }

  /**
   * Correlation id of the event. If the header is missing or cannot be read, the event starts a flow, and the event's own id is
   * used.
   */
  get correlationId(): string {
    const header = CloudEventHeader.correlationId;
    return unlessBroken(() => readHeaders(this.eventHeaders())[header]) || this.eventId;
  }

  /**
   * Reads the metadata of the event from its headers. A message without `ce-*` headers is an event that was published by hand.
   *
   * @throws InvalidEventError if the headers cannot be read
   * @throws InvalidEventError if the headers name another event than `type`, or an unknown major version of `type`
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

  /** Ends the deliveries of this message. Must be called only after the failure event is stored. */
  terminate(): void {
    this.settle(TERMINATE);
  }

  /** Restarts the broker's `ackWait`. */
  working(): void {
    if (!this.hasSettled) this.respond(WORKING);
  }

  /** Requests a redelivery of the event after `delay` ms. The event stays in flight until then, so prefer a scheduled retry. */
  nak(delay: number): void {
    this.settle(nakAfter(delay));
  }

  /** Id that was derived from the event's first place in a stream. A retry or a replay carries this id. */
  private get derivedId(): string {
    return this.transportHeader(TransportHeader.eventId) ?? storedEventId(this);
  }

  /** @throws the client's error if the headers cannot be parsed */
  private eventHeaders(): Iterable<[string, string[]]> {
    const { headers } = this.message;
    return this.isFromTransport ? unwrapHeaders(headers ?? []) : (headers ?? []);
  }

  private readHeaders(): Record<string, string> {
    const bytes = this.isFromTransport ? undefined : this.rawHeaders;
    const plain = bytes && readHeaderBlock(bytes);
    if (plain) return plain;
    try {
      return readHeaders(this.eventHeaders());
    } catch (cause) {
      if (cause instanceof InvalidEventError) throw cause;
      throw new InvalidEventError(`the headers cannot be read: ${(cause as Error).message}`, [], { cause });
    }
  }

  /**
   * Returns a header that the transport wrote. Returns undefined if the header is missing or invalid. Also returns undefined if
   * the message is neither a retry nor a replay. A header may be invalid, because any client may publish on the subject.
   */
  private transportHeader(name: string, isValid = (value: string) => value !== ''): string | undefined {
    if (!this.isFromTransport) return undefined;
    const value = unlessBroken(() => this.message.headers?.get(name)) ?? '';
    return isValid(value) ? value : undefined;
  }

  private settle(acknowledgement: Uint8Array): void {
    if (this.hasSettled) return;
    this.hasSettled = true;
    this.respond(acknowledgement);
  }

  private respond(acknowledgement: Uint8Array): void {
    // Without a connection, the broker redelivers the event after `ackWait`.
    if (!this.connection.isClosed()) this.message.respond(acknowledgement);
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
