import { RETRIES_STREAM } from '@cascade/jetstream';
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';

/** When the oldest event was stored that a consumer has not settled; undefined where it has nothing to do. */
export async function oldestUnsettled(
  manager: JetStreamManager,
  { stream_name, num_pending, num_ack_pending, ack_floor, config }: ConsumerInfo,
): Promise<Date | undefined> {
  // What is due in the stream of retries was stored elsewhere, long before: see `oldestRetried`.
  if (num_pending + num_ack_pending === 0 || stream_name === RETRIES_STREAM) return undefined;
  const subjects = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : ['>']);
  const firsts = await Promise.all(
    subjects.map((next_by_subj) =>
      // A field of the server's API (`next_by_subj`) that the client's types do not know.
      manager.streams.getMessage(stream_name, { seq: ack_floor.stream_seq + 1, next_by_subj } as {
        seq: number;
      }),
    ),
  );
  return earliest(firsts.map((message) => message?.time));
}

/**
 * When the oldest event was stored that waits for another attempt.
 *
 * @param subjects of its retries; the last part names where the event lies: `retry.notifier.sch.EVENTS-17`
 */
export async function oldestRetried(
  manager: JetStreamManager,
  subjects: readonly string[],
): Promise<Date | undefined> {
  const first = new Map<string, number>();
  for (const subject of subjects) {
    const [, stream, sequence] = /\.([^.]+)-(\d+)$/.exec(subject) ?? [];
    if (stream) first.set(stream, Math.min(first.get(stream) ?? Infinity, Number(sequence)));
  }
  const messages = await Promise.all(
    [...first].map(([stream, seq]) => manager.streams.getMessage(stream, { seq })),
  );
  return earliest(messages.map((message) => message?.time));
}

export function earliest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.flatMap((time) => (time ? [time.getTime()] : []));
  return known.length > 0 ? new Date(Math.min(...known)) : undefined;
}
