import { channelOf, EVENTS_STREAM, ProcessorPaused, ProcessorResumed, readStream } from '@app/jetstream';
import type { Broker } from '../broker/broker.js';

type Announcement = Pick<ProcessorPaused, 'processor' | 'pausedAt'>;

const PAUSED = channelOf(ProcessorPaused.event.name);
const RESUMED = channelOf(ProcessorResumed.event.name);

/**
 * The pauses of each processor whose end has not been announced, by the times of their beginning. Replicas pause each by
 * itself: a pause and its end belong together by processor and time.
 */
export async function openPauses({ nats }: Broker): Promise<Map<string, Date[]>> {
  const open = new Map<string, string[]>();
  for await (const message of readStream(nats, { stream: EVENTS_STREAM, subjects: [PAUSED, RESUMED] })) {
    const { processor, pausedAt } = announcementIn(message.string());
    const times = open.get(processor) ?? [];
    if (message.subject === PAUSED) open.set(processor, [...times, pausedAt]);
    else open.set(processor, without(times, pausedAt));
  }
  return new Map([...open].map(([processor, times]) => [processor, times.map((time) => new Date(time))]));
}

/** Published by hand it may be anything. */
function announcementIn(text: string): Announcement {
  try {
    const { processor, pausedAt } = JSON.parse(text) as Partial<Announcement>;
    return { processor: processor ?? '', pausedAt: pausedAt ?? '' };
  } catch {
    return { processor: '', pausedAt: '' };
  }
}

/** Two replicas may have paused in the same millisecond: one of them is taken out. */
function without(times: readonly string[], time: string): string[] {
  const at = times.indexOf(time);
  return times.filter((_, index) => index !== at);
}
