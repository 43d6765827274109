import { channelOf, envelopeOf, EVENTS_STREAM, readStream, ReplayRequested } from '@cascade/jetstream';
import type { Broker } from '../broker/broker.js';

export type ReplayRecord = Pick<ReplayRequested, 'by' | 'reason'>;

/** Returns the `ReplayRequested` event of a replay; undefined if the event is no longer stored. */
export async function findReplay({ nats }: Broker, replayId: string): Promise<ReplayRecord | undefined> {
  const subjects = [channelOf(ReplayRequested.event.name)];
  for await (const message of readStream(nats, { stream: EVENTS_STREAM, subjects })) {
    if (envelopeOf(message).id === replayId) return message.json<ReplayRequested>();
  }
  return undefined;
}
