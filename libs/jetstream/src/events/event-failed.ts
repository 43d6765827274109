import { IsIn, IsInt, IsObject, IsOptional, IsRFC3339, IsString, Matches, Min } from 'class-validator';
import { CloudEventHeader } from '../wire/cloud-events.js';
import { readEvent } from '../contract/contract.js';
import { InvalidEventError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import type { FailureError } from '../logging/failure-error.js';
import { RETRY_KEY } from '../wire/names.js';

/** Reasons why an event was dead-lettered. */
export const failureReasons = ['invalid-event', 'unrecoverable', 'attempts-exhausted'] as const;
export type FailureReason = (typeof failureReasons)[number];

/** The event as it was delivered. */
export interface OriginalEvent {
  /** Place of the event, for as long as the stream keeps it. */
  stream: string;
  sequence: number;
  subject: string;
  eventId: string;
  headers?: Record<string, string[]>;
  /** Base64 of the header bytes, in place of `headers`, if they could not be parsed. */
  rawHeaders?: string;
  /** Size of the body in bytes. */
  size: number;
  /**
   * The body: as text if it is UTF-8, else in base64. It is left out if the failure event has no room, and for an invalid event above
   * 16 KiB. {@link FailureReader} then reads it from the stream.
   */
  body?: EncodedBody;
}

export interface EncodedBody {
  encoding: 'utf-8' | 'base64';
  data: string;
}

/**
 * A failure event: the dead letter of an event that a processor gave up on. It lies on `failed.<processor>.<entity>.<event>`, which
 * {@link ConsumesFailure} reads like any channel.
 */
export class EventFailed {
  static readonly event = { name: 'event.failed', version: 1 };

  /** The processor that gave up. */
  @IsString()
  readonly processor!: string;

  @IsIn(failureReasons)
  readonly reason!: FailureReason;

  @IsInt()
  @Min(1)
  readonly attempts!: number;

  @IsRFC3339()
  readonly firstAttemptAt!: string;

  @IsRFC3339()
  readonly lastAttemptAt!: string;

  /** The error of the last attempt. */
  @IsObject()
  readonly error!: FailureError;

  @IsObject()
  readonly original!: OriginalEvent;

  /** The replay as new in which the event failed. A replay of this failure gives the returned events the same ids. */
  @IsOptional()
  @Matches(RETRY_KEY)
  readonly asNew?: string;

  constructor(fields: Omit<EventFailed, 'originalEvent'>) {
    Object.assign(this, fields);
  }

  /**
   * The event that failed, as an instance of its class, upcast if it was published in an older version.
   *
   * @throws InvalidEventError if the event breaks its contract, or the failure event does not carry its body:
   *   {@link FailureReader.originalEvent} reads it from the stream
   */
  async originalEvent<Event extends object>(type: EventClass<Event>): Promise<Event> {
    const { body, stream, sequence } = this.original;
    if (!body)
      throw new InvalidEventError(
        `the failure event does not carry its original; read it from ${stream} at ${sequence}`,
      );
    return readEvent(type, decodeBody(body), ceTypeOf(this.original.headers));
  }
}

/** The header `ce-type`, in upper or lower case. */
export function ceTypeOf(headers: Record<string, string[]> = {}): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === CloudEventHeader.type)?.[1][0];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as text if they are UTF-8, unless the escapes in JSON would take more room than base64. */
export function encodeBody(bytes: Uint8Array): EncodedBody {
  const base64 = (): EncodedBody => ({ encoding: 'base64', data: Buffer.from(bytes).toString('base64') });
  try {
    const data = utf8.decode(bytes);
    const escaped = Buffer.byteLength(JSON.stringify(data));
    return escaped > (bytes.length * 4) / 3 + 100 ? base64() : { encoding: 'utf-8', data };
  } catch {
    return base64();
  }
}

export function decodeBody({ encoding, data }: EncodedBody): Uint8Array {
  return Buffer.from(data, encoding);
}

/**
 * The failure event as bytes of at most `limit`. If there is no room, it first leaves out the body of the original, which stays in
 * its stream. Next it leaves out the original's headers, and last everything of the error except its name and message.
 */
export function encodeFailure(failure: EventFailed, limit: number): Uint8Array {
  const { body: _body, ...withoutBody } = failure.original;
  const { headers: _headers, rawHeaders: _rawHeaders, ...reference } = withoutBody;
  const { name, message } = failure.error;
  const candidates = [failure, { ...failure, original: withoutBody }, { ...failure, original: reference }];
  for (const candidate of candidates) {
    const bytes = Buffer.from(JSON.stringify(candidate));
    if (bytes.length <= limit) return bytes;
  }
  return Buffer.from(JSON.stringify({ ...failure, original: reference, error: { name, message } }));
}
