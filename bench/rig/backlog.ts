import { newEventId } from '@cascade/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { fieldsOf, SIGNED_UP, type Size } from '../events.js';

/**
 * Number of events to send before waiting for a confirmation. The number is below the server's limit for buffered events of a
 * stream.
 */
const CHUNK = 5_000;

/** Fills the stream with events in the format that `EventPublisher` writes. */
export async function fill(connection: NatsConnection, count: number, size: Size): Promise<void> {
  const body = Buffer.from(JSON.stringify(fieldsOf(size)));
  for (let left = count; left > 0; left -= CHUNK) {
    for (let number = Math.min(left, CHUNK); number > 1; number--) {
      connection.publish(SIGNED_UP, body, { headers: newHeaders() });
    }
    const { error } = (await connection.request(SIGNED_UP, body, { headers: newHeaders(), timeout: 30_000 }))
      // The stream confirms in order, so all earlier events are stored too.
      .json<{ error?: { description: string } }>();
    if (error) throw new Error(`the stream could not be filled: ${error.description}`);
  }
}

/**
 * Returns the encoded headers of a new event. With the client's code for headers, filling the stream would take longer than the
 * measurement.
 */
function newHeaders(): MsgHdrs {
  const id = newEventId();
  const lines = [
    'NATS/1.0',
    'ce-specversion: 1.0',
    `ce-id: ${id}`,
    'ce-source: signup',
    'ce-type: user.signed-up.v1',
    'ce-time: 2026-11-23T04:05:06.789Z',
    'ce-datacontenttype: application/json',
    `ce-correlationid: ${id}`,
    `Nats-Msg-Id: ${id}`,
    '\r\n',
  ];
  const encoded = Buffer.from(lines.join('\r\n'));
  return { encode: () => encoded } as unknown as MsgHdrs;
}
