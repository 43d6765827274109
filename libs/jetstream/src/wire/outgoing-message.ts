import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { PublishDeniedError, PublishRefusedError, PublishTimeoutError } from '../errors.js';
import { lineOf, type OutgoingHeaders } from './outgoing-headers.js';

/**
 * Message for a stream. Within the duplicate window (10 min), the broker stores only one message with the same id. Therefore, a
 * publish may be repeated.
 */
export interface OutgoingMessage {
  subject: string;
  body: Uint8Array;
  headers: OutgoingHeaders;
  id: string;
  /**
   * Required sequence of the last message on the subject; 0 if the subject must have no message. Otherwise, the broker refuses
   * the message.
   */
  expectedSequence?: number;
}

export interface PublishLimits {
  /** Maximum time to keep trying, in milliseconds. By default, there is no limit until `signal` aborts. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Error codes of permanent refusals. Other refusals are temporary, for instance because of a full stream or an election. */
const REFUSED_FOR_GOOD = new Set([
  10025, // bad request
  10052, // malformed request
  10054, // message size exceeds maximum allowed
  10071, // wrong last sequence
  10164, // wrong last sequence, with an unknown sequence
  10097, // header size exceeds maximum allowed of 64k
  10189, // message schedules disabled
]);

type Addressed = Pick<OutgoingMessage, 'id' | 'subject'>;

export function isRefused(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return REFUSED_FOR_GOOD.has(error.code);
  return isDenied(error) || error instanceof errors.InvalidArgumentError;
}

function isDenied(error: unknown): boolean {
  return error instanceof errors.PermissionViolationError;
}

export function refusal(message: Addressed, cause: unknown): PublishRefusedError {
  const Refusal = isDenied(cause) ? PublishDeniedError : PublishRefusedError;
  return new Refusal(
    `The broker refused event ${message.id} on ${message.subject}: ${(cause as Error).message}`,
    { cause },
  );
}

export function unconfirmed(message: Addressed, cause: unknown): PublishTimeoutError {
  return new PublishTimeoutError(
    `The broker did not confirm event ${message.id} on ${message.subject} in time (${(cause as Error).message}). ` +
      'Publish it again with the same id.',
    { cause },
  );
}

/**
 * Encodes the headers of a message for the wire.
 *
 * @throws InvalidArgumentError if the id has a line break
 */
export function encodeHeaders({ headers, id, expectedSequence }: OutgoingMessage): Uint8Array {
  const expected =
    expectedSequence === undefined
      ? ''
      : lineOf('Nats-Expected-Last-Subject-Sequence', String(expectedSequence));
  return headers.encode(lineOf('Nats-Msg-Id', id) + expected);
}
