import { jetstream, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

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
}

const BATCH = 500;

/** What a stream holds at this moment of the selection, oldest first. What is stored meanwhile is not waited for. */
export async function* readStream(
  connection: NatsConnection,
  selection: StreamSelection,
): AsyncGenerator<JsMsg> {
  const { stream, subjects, headersOnly, since, until } = selection;
  const consumer = await jetstream(connection).consumers.get(stream, {
    filter_subjects: subjects,
    ...(headersOnly ? { headers_only: true } : {}),
    ...(since ? { opt_start_time: since.toISOString() } : {}),
  });
  try {
    for (let left = (await consumer.info()).num_pending; left > 0;) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, BATCH), expires: 5_000 });
      let read = 0;
      for await (const message of batch) {
        read += 1;
        left -= 1;
        if (until && message.time >= until) return;
        yield message;
      }
      // Removed by age or by hand since they were counted.
      if (read === 0) return;
    }
  } finally {
    // The server would keep it for some minutes more.
    await consumer.delete().catch(() => undefined);
  }
}
