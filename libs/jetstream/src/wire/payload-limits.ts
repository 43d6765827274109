import type { NatsConnection } from '@nats-io/transport-node';

/** Bytes below the server's `max_payload` that are left for headers, ours and those that the server adds. */
const HEADER_RESERVE = 16_384;
/** Left besides for what a failure event says of the failure: message, stack, causes and broken rules. */
const FAILURE_RESERVE = 131_072;
/** A failure event may have to carry the event in base64, which is a third longer. */
const BASE64_GROWTH = 4 / 3;

/** Bytes that the body of any message may have. */
export function maxBody(connection: NatsConnection): number {
  return (connection.info?.max_payload ?? 1_048_576) - HEADER_RESERVE;
}

/**
 * Bytes that an event of ours may have, so that a failure event can always carry it whole: 675,840 with the server's default
 * `max_payload` of 1 MiB.
 */
export function maxEvent(connection: NatsConnection): number {
  return Math.floor((maxBody(connection) - FAILURE_RESERVE) / BASE64_GROWTH);
}
