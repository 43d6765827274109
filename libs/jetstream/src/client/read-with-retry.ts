import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';

const AWAY_TIMEOUT_MS = 10_000;
const RETRY_DELAY_MS = 250;

/** Thrown if the broker does not answer, or does not send all events of a stream. */
export class StreamReadError extends Error {
  override readonly name = 'StreamReadError';
}

/**
 * Repeats a read while the broker is unreachable, or after the broker has lost the consumer of the read. A restart of the broker
 * takes one or two seconds.
 *
 * @throws StreamReadError if the read still fails after 10 s
 */
export async function readWithRetry<Result>(stream: string, read: () => Promise<Result>): Promise<Result> {
  for (const begun = performance.now(); ;) {
    try {
      return await read();
    } catch (cause) {
      if (!isAway(cause) && !isConsumerLost(cause)) throw cause;
      if (performance.now() - begun > AWAY_TIMEOUT_MS) {
        throw new StreamReadError(
          `Stream ${stream} could not be read: the broker does not answer (${(cause as Error).message}).`,
          { cause },
        );
      }
      await sleep(RETRY_DELAY_MS);
    }
  }
}

/** Returns true if the broker has lost the consumer of the read, for instance in a restart. */
function isConsumerLost(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
}

/**
 * Returns true if the broker or its JetStream is temporarily unreachable. For instance, the broker restarts, elects a leader, or
 * has no network.
 */
export function isAway(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === 503;
  if (error instanceof errors.TimeoutError) return true;
  // The client wraps this error in an error of a class that the client does not export.
  const { cause } = error as { cause?: unknown };
  return cause instanceof errors.RequestError && cause.isNoResponders();
}
