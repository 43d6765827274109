import { jetstream, jetstreamManager, type JsMsg, type MsgRequest } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { readWithRetry, StreamReadError } from './read-with-retry.js';

export interface StreamSelection {
  stream: string;
  /** Subjects, wildcards included. */
  subjects: string[];
  /** Leave the bodies where they are: much less to carry where most messages are passed over. Default false. */
  headersOnly?: boolean | undefined;
  /** Only what was stored at or after this time. */
  since?: Date | undefined;
  /** Only what was stored before this time. */
  until?: Date | undefined;
  /** Only up to this sequence. Default: what is stored at the beginning. */
  upTo?: number | undefined;
}

const BATCH = 500;
/** Each of them takes up to 5 s. */
const MAX_EMPTY_BATCHES = 3;

/**
 * What a stream holds at this moment of the selection, oldest first. What is stored meanwhile is not waited for. The reader may
 * take any time between two messages.
 *
 * @throws StreamReadError where the broker stays away, or says that there is more and does not send it
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
        `Stream ${stream} could not be read to its end: the broker tells of more events and does not send them.`,
      );
    }
  }
}

/** Where the newest message of a stream lies; 0 where it never held any. */
export async function lastSequence(connection: NatsConnection, stream: string): Promise<number> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return (await manager.streams.info(stream)).state.last_seq;
}

/**
 * The sequence of the first message that was stored at or after a time; undefined if there is none. One request,
 * whatever the stream holds.
 *
 * A consumer takes a time too (`opt_start_time`), but with several filter subjects it passes messages over: see
 * docs/upstream/consumer-start-time.mjs.
 */
async function firstSequenceSince(
  connection: NatsConnection,
  stream: string,
  since: Date,
): Promise<number | undefined> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  // Servers since 2.11 take this. The client's types have it for direct reads only, which a stream must allow.
  const query = { start_time: since.toISOString(), next_by_subj: '>' } as unknown as MsgRequest;
  const message = await readWithRetry(stream, () => manager.streams.getMessage(stream, query));
  return message?.seq;
}

/**
 * Each batch has a consumer of its own, and is read whole before the first of it is handed on: the server removes a consumer that
 * nobody asks for some minutes, and loses it in a restart.
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
    const messages = await consumer.fetch({ max_messages: Math.min(waiting, BATCH), expires: 5_000 });
    for await (const message of messages) batch.push(message);
    return { batch, isLast: batch.length === waiting };
  } finally {
    await consumer.delete().catch(() => undefined);
  }
}
