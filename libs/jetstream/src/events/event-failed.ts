import { IsIn, IsInt, IsObject, IsOptional, IsRFC3339, IsString, Matches, Min } from 'class-validator';
import { CloudEventHeader } from '../wire/cloud-events.js';
import { readEvent } from '../contract/contract.js';
import { InvalidEventError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
import type { FailureError } from '../logging/failure-error.js';
import { RETRY_KEY } from '../wire/names.js';

/** Possible reasons for dead-lettering an event. */
export const failureReasons = ['invalid-event', 'unrecoverable', 'attempts-exhausted'] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Event as it was delivered to the processor that failed. */
export interface OriginalEvent {
  /** Stream of the event. Together, `stream` and `sequence` locate the event until the stream deletes it. */
  stream: string;
  sequence: number;
  subject: string;
  eventId: string;
  headers?: Record<string, string[]>;
  /** Header bytes in base64, in place of `headers` if the headers could not be parsed. */
  rawHeaders?: string;
  /** Size of the body in bytes. */
  size: number;
  /**
   * Body as text or in base64, as {@link encodeBody} decides. The body is left out if the failure event has no room for it. The
   * body of an invalid event is also left out if it is larger than 16 KiB. {@link FailureReader} then reads the body from the
   * stream.
   */
  body?: EncodedBody;
}

export interface EncodedBody {
  encoding: 'utf-8' | 'base64';
  data: string;
}

/**
 * Failure event: the record of an event that a processor gave up on. Failure events are published on the channel
 * `failed.<processor>.<entity>.<event>`. {@link ConsumesFailure} declares a processor of such a channel.
 */
export class EventFailed {
  static readonly event = { name: 'event.failed', version: 1 };

  /** Name of the processor that gave up. */
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

  /** Error of the last attempt. */
  @IsObject()
  readonly error!: FailureError;

  @IsObject()
  readonly original!: OriginalEvent;

  /**
   * Id of the as-new replay in which the event failed; absent for any other event. In a replay of this failure, the next events
   * get the same ids as in the as-new replay.
   */
  @IsOptional()
  @Matches(RETRY_KEY)
  readonly asNew?: string;

  constructor(fields: Omit<EventFailed, 'originalEvent'>) {
    Object.assign(this, fields);
  }

  /**
   * Returns the event that failed, as an instance of its class. An event that was published in an older version is upcast.
   *
   * @throws InvalidEventError if the event breaks its contract
   * @throws InvalidEventError if the failure event lacks the event's body. In this case, {@link FailureReader.originalEvent}
   * reads the body from the stream.
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

/**
 * Returns the value of the header `ce-type`; undefined if the header is missing. The name of the header may be in upper or lower
 * case.
 */
export function ceTypeOf(headers: Record<string, string[]> = {}): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === CloudEventHeader.type)?.[1][0];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Encodes bytes as text if they are UTF-8, and otherwise in base64. Text is also encoded in base64 if its escapes in JSON would
 * take more room than base64.
 */
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
 * Encodes the failure event in up to `limit` bytes. If there is no room, the original's body is left out first. The body can
 * still be read from the original's stream. Next, the original's headers are left out. Last, everything in the error except its
 * name and message is left out.
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
