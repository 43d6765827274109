import { jetstream, jetstreamManager, type JsMsg, type MsgRequest } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { readWithRetry, StreamReadError } from './read-with-retry.js';

export interface StreamSelection {
  stream: string;
  /** Subjects of the selected messages. May contain wildcards. */
  subjects: string[];
  /** Reads headers without bodies, which transfers much less data if most messages are skipped. Default false. */
  headersOnly?: boolean | undefined;
  /** Selects only messages that were stored at or after this time. */
  since?: Date | undefined;
  /** Selects only messages that were stored before this time. */
  until?: Date | undefined;
  /** Maximum sequence of the selected messages. Default: the stream's last sequence when reading begins. */
  upTo?: number | undefined;
}

const BATCH_SIZE = 500;
/** Number of successive empty batches after which the read fails. Each empty batch takes up to 5 s. */
const MAX_EMPTY_BATCHES = 3;

/**
 * Yields the selected messages of a stream, oldest first. By default, messages that are stored after the read began are left out.
 * The caller may take any amount of time between two messages.
 *
 * @throws StreamReadError if the broker is unreachable for 10 s
 * @throws StreamReadError if the broker reports more messages but does not send them
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

/** Returns the sequence of the newest message of a stream; 0 if the stream never had a message. */
export async function lastSequence(connection: NatsConnection, stream: string): Promise<number> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return (await manager.streams.info(stream)).state.last_seq;
}

/**
 * Returns the sequence of the first message stored at or after a time; undefined if there is no such message. The lookup takes
 * one request, however large the stream is.
 *
 * A consumer accepts a start time too (`opt_start_time`), but skips messages if it has several filter subjects
 * (docs/upstream/consumer-start-time.mjs).
 */
async function firstSequenceSince(
  connection: NatsConnection,
  stream: string,
  since: Date,
): Promise<number | undefined> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  // Servers since version 2.11 accept `start_time`. The client's types declare the field only for direct reads. A stream must
  // explicitly allow direct reads.
  const query = { start_time: since.toISOString(), next_by_subj: '>' } as unknown as MsgRequest;
  const message = await readWithRetry(stream, () => manager.streams.getMessage(stream, query));
  return message?.seq;
}

/**
 * Reads a batch with a new temporary consumer. The server removes a temporary consumer that is unused for some minutes, and loses
 * temporary consumers in a restart. Therefore, one consumer could not serve a slow caller for the whole stream.
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
