import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds. */
const PATIENCE = 10_000;
const PAUSE = 250;

/** The broker does not answer, or does not send all that a stream holds. */
export class StreamReadError extends Error {
  override readonly name = 'StreamReadError';
}

/**
 * Reads again where the broker went away: a restart takes it a second or two.
 *
 * @throws StreamReadError where it stays away
 */
export async function readWithRetry<Result>(stream: string, read: () => Promise<Result>): Promise<Result> {
  for (const begun = performance.now(); ;) {
    try {
      return await read();
    } catch (cause) {
      if (!isAway(cause) && !isReaderGone(cause)) throw cause;
      if (performance.now() - begun > PATIENCE) {
        throw new StreamReadError(
          `Stream ${stream} could not be read: the broker does not answer (${(cause as Error).message}).`,
          { cause },
        );
      }
      await sleep(PAUSE);
    }
  }
}

/** A restart of the broker loses the consumer that a read has made. */
function isReaderGone(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound;
}

/** The broker, or JetStream in it, does not answer at the moment: it restarts, elects a leader, or its network is down. */
export function isAway(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === 503;
  if (error instanceof errors.TimeoutError) return true;
  // Within an error whose class the client does not export.
  const { cause } = error as { cause?: unknown };
  return cause instanceof errors.RequestError && cause.isNoResponders();
}
