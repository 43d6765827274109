import type { NatsConnection } from '@nats-io/transport-node';

/** Bytes of the server's `max_payload` that are reserved for headers, including those that the server adds. */
const HEADER_RESERVE = 16_384;
/** Bytes that are reserved for the description of a failure: message, stack, causes and broken rules. */
const FAILURE_RESERVE = 131_072;
/** A failure event may carry the original in base64, which is a third longer. */
const BASE64_GROWTH = 4 / 3;

/** Returns the bytes that the body of any message may have. */
export function maxBody(connection: NatsConnection): number {
  return (connection.info?.max_payload ?? 1_048_576) - HEADER_RESERVE;
}

/**
 * Returns the bytes that an event of a service may have, so that its failure event can always carry it: 675,840 with the server's
 * default `max_payload` of 1 MiB.
 */
export function maxEvent(connection: NatsConnection): number {
  return Math.floor((maxBody(connection) - FAILURE_RESERVE) / BASE64_GROWTH);
}
