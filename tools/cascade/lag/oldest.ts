import { RETRIES_STREAM } from '@cascade/jetstream';
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';

/**
 * Returns the storage time of the oldest event that a consumer has not settled. Returns undefined if all events are settled, and
 * for a consumer of retries.
 */
export async function oldestUnsettled(
  manager: JetStreamManager,
  { stream_name, num_pending, num_ack_pending, ack_floor, config }: ConsumerInfo,
): Promise<Date | undefined> {
  // Skips due retries, because their events were stored earlier in another stream (see `oldestRetried`).
  if (num_pending + num_ack_pending === 0 || stream_name === RETRIES_STREAM) return undefined;
  const subjects = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : ['>']);
  const firsts = await Promise.all(
    subjects.map((next_by_subj) =>
      // The client's types do not have the field `next_by_subj` of the server's API.
      manager.streams.getMessage(stream_name, { seq: ack_floor.stream_seq + 1, next_by_subj } as {
        seq: number;
      }),
    ),
  );
  return earliest(firsts.map((message) => message?.time));
}

/**
 * Returns the storage time of the oldest event that waits for another attempt. Returns undefined if no event waits, or if the
 * stream has deleted the oldest event.
 *
 * @param subjects subjects of retries, whose last part names the event: `retry.notifier.sch.EVENTS-17`
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
