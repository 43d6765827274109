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
 * Repeats a read while the broker is away. A restart of the broker takes a second or two.
 *
 * @throws StreamReadError if the broker is away for 10 s
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

/** True if a restart of the broker has lost the consumer of the read. */
function isConsumerLost(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
}

/** True if the broker, or its JetStream, does not answer for now: it restarts, elects a leader, or its network is down. */
export function isAway(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === 503;
  if (error instanceof errors.TimeoutError) return true;
  // The client wraps this error in one whose class it does not export.
  const { cause } = error as { cause?: unknown };
  return cause instanceof errors.RequestError && cause.isNoResponders();
}
