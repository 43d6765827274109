import { jetstream, JetStreamApiError, type PubAck } from '@nats-io/jetstream';
import { errors, RequestError, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { PublishDeniedError, PublishRefusedError, PublishTimeoutError } from './errors.js';

/** One message on its way into a stream. Its id makes repeating it harmless within the duplicate window (10 min). */
export interface OutgoingMessage {
  subject: string;
  body: Uint8Array;
  headers: MsgHdrs;
  id: string;
  /** Store it only where the last message on its subject lies at this sequence; 0 where there must be none. */
  expectedSequence?: number;
}

export interface PublishLimits {
  /** Milliseconds to go on trying. Default: without end, until `signal` aborts. */
  timeout?: number;
  signal?: AbortSignal;
}

/** Milliseconds to wait for one PubAck before the message is sent again with the same id. */
const ACK_TIMEOUT = 2_000;
const PAUSE = { first: 50, max: 1_000 };

/** What the server says of a message that no repetition makes acceptable. Other refusals pass: a full stream, an election. */
const REFUSED_FOR_GOOD = new Set([
  10025, // bad request
  10052, // malformed request
  10054, // message size exceeds maximum allowed
  10071, // wrong last sequence
  10164, // wrong last sequence, without saying which
  10097, // header size exceeds maximum allowed of 64k
  10189, // message schedules disabled
]);

/**
 * Publishes until the broker confirms that the message is stored, through disconnections, elections, time-outs and a
 * full stream.
 *
 * @throws PublishRefusedError where the broker will never take the message; PublishDeniedError for want of a right
 * @throws PublishTimeoutError where it was not confirmed within the limits; it may be stored all the same
 */
export async function publishConfirmed(
  connection: NatsConnection,
  message: OutgoingMessage,
  limits: PublishLimits = {},
): Promise<PubAck> {
  const client = jetstream(connection, { timeout: ACK_TIMEOUT });
  const deadline = limits.timeout === undefined ? Infinity : Date.now() + limits.timeout;
  for (let pause = PAUSE.first; ; pause = Math.min(pause * 2, PAUSE.max)) {
    try {
      return await client.publish(message.subject, message.body, {
        headers: message.headers,
        msgID: message.id,
        ...(message.expectedSequence === undefined
          ? {}
          : { expect: { lastSubjectSequence: message.expectedSequence } }),
      });
    } catch (cause) {
      if (isRefused(cause)) throw refusal(message, cause);
      if (limits.signal?.aborted || connection.isClosed() || Date.now() + pause > deadline)
        throw unconfirmed(message, cause);
      await sleep(pause, undefined, { signal: limits.signal }).catch(() => undefined);
    }
  }
}

function isRefused(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return REFUSED_FOR_GOOD.has(error.code);
  return isDenied(error) || reasonOf(error) instanceof errors.InvalidArgumentError;
}

function isDenied(error: unknown): boolean {
  return reasonOf(error) instanceof errors.PermissionViolationError;
}

function reasonOf(error: unknown): unknown {
  return error instanceof RequestError ? error.cause : error;
}

function refusal(message: OutgoingMessage, cause: unknown): PublishRefusedError {
  const Refusal = isDenied(cause) ? PublishDeniedError : PublishRefusedError;
  return new Refusal(
    `The broker refused event ${message.id} on ${message.subject}: ${(cause as Error).message}`,
    { cause },
  );
}

function unconfirmed(message: OutgoingMessage, cause: unknown): PublishTimeoutError {
  return new PublishTimeoutError(
    `The broker did not confirm event ${message.id} on ${message.subject} in time (${(cause as Error).message}). ` +
      'Publish it again with the same id.',
    { cause },
  );
}
