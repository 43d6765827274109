import type { NatsConnection } from '@nats-io/transport-node';

/** Part of the server's `max_payload` that is reserved for headers, including headers that the server adds, in bytes. */
const HEADER_RESERVE = 16_384;
/** Size that is reserved for the message, stack, causes and broken rules of a failure, in bytes. */
const FAILURE_RESERVE = 131_072;
/** Growth factor of an original event that its failure event carries in base64. */
const BASE64_GROWTH = 4 / 3;

/** Returns the maximum size of the body of any message, in bytes. */
export function maxBody(connection: NatsConnection): number {
  return (connection.info?.max_payload ?? 1_048_576) - HEADER_RESERVE;
}

/**
 * Returns the maximum size of an event of a service, in bytes. A failure event can always carry an event of this size. With the
 * server's default `max_payload` of 1 MiB, the maximum is 675,840.
 */
export function maxEvent(connection: NatsConnection): number {
  return Math.floor((maxBody(connection) - FAILURE_RESERVE) / BASE64_GROWTH);
}
