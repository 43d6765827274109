import { jetstream, jetstreamManager, type JsMsg, type MsgRequest } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { readWithRetry, StreamReadError } from './read-with-retry.js';

export interface StreamSelection {
  stream: string;
  /** May have wildcards. */
  subjects: string[];
  /** Reads headers without bodies: much less to transfer if most messages are skipped. Default false. */
  headersOnly?: boolean | undefined;
  /** Only messages that were stored at or after this time. */
  since?: Date | undefined;
  /** Only messages that were stored before this time. */
  until?: Date | undefined;
  /** Only messages up to this sequence. Default: the last sequence when reading begins. */
  upTo?: number | undefined;
}

const BATCH_SIZE = 500;
/** An empty batch takes up to 5 s. */
const MAX_EMPTY_BATCHES = 3;

/**
 * Yields the selected messages of a stream, oldest first. Messages that are stored after the beginning are left out. The caller may
 * take any time between two messages.
 *
 * @throws StreamReadError if the broker is away for 10 s, or reports more messages and does not send them
 */
export async function* readStream(
  connection: NatsConnection,
  selection: StreamSelection,
): AsyncGenerator<JsMsg> {
  const { stream, since, until } = selection;
  const last = selection.upTo ?? (await lastSequence(connection, stream));
  let from = since ? ((await firstSequenceSince(connection, stream, since)) ?? last + 1) : 1;
  for (let emptyBatches = 0; ;) {
    const { batch, isLast } = await readWithRetry(stream, () => readBatch(connection, selection, from));
    for (const message of batch) {
      if (message.seq > last || (until && message.time >= until)) return;
      yield message;
    }
    if (isLast) return;
    if (batch.length > 0) from = batch.at(-1)!.seq + 1;
    emptyBatches = batch.length > 0 ? 0 : emptyBatches + 1;
    if (emptyBatches === MAX_EMPTY_BATCHES) {
      throw new StreamReadError(
        `Stream ${stream} could not be read to its end: the broker reports more events and does not send them. Try again.`,
      );
    }
  }
}

/** Returns the sequence of the newest message of a stream; 0 if the stream never had any. */
export async function lastSequence(connection: NatsConnection, stream: string): Promise<number> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return (await manager.streams.info(stream)).state.last_seq;
}

/**
 * Returns the sequence of the first message that was stored at or after a time; undefined if there is none. It takes one request,
 * however large the stream is.
 *
 * A consumer accepts a time too (`opt_start_time`), but with several filter subjects it skips messages: see
 * docs/upstream/consumer-start-time.mjs.
 */
async function firstSequenceSince(
  connection: NatsConnection,
  stream: string,
  since: Date,
): Promise<number | undefined> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  // Servers since 2.11 accept this. The client's types have it for direct reads only, which a stream must allow.
  const query = { start_time: since.toISOString(), next_by_subj: '>' } as unknown as MsgRequest;
  const message = await readWithRetry(stream, () => manager.streams.getMessage(stream, query));
  return message?.seq;
}

/**
 * Reads a batch as a whole with a new consumer. The server removes a consumer that is unused for some minutes, and loses it in a
 * restart.
 */
async function readBatch(
  connection: NatsConnection,
  { stream, subjects, headersOnly }: StreamSelection,
  from: number,
): Promise<{ batch: JsMsg[]; isLast: boolean }> {
  const consumer = await jetstream(connection).consumers.get(stream, {
    filter_subjects: subjects,
    ...(headersOnly ? { headers_only: true } : {}),
    opt_start_seq: from,
  });
  try {
    const waiting = (await consumer.info(true)).num_pending;
    if (waiting === 0) return { batch: [], isLast: true };
    const batch: JsMsg[] = [];
    const messages = await consumer.fetch({ max_messages: Math.min(waiting, BATCH_SIZE), expires: 5_000 });
    for await (const message of messages) batch.push(message);
    return { batch, isLast: batch.length === waiting };
  } finally {
    await consumer.delete().catch(() => undefined);
  }
}
