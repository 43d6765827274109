import type { PubAck } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { wrapHeaders } from '../wire/wrapped-headers.js';
import type { OriginalEvent } from '../events/event-failed.js';
import type { WholeEvent } from '../failures/failure-reader.js';
import { replayChannelOf, TransportHeader } from '../wire/names.js';
import type { PublishLimits } from '../wire/outgoing-message.js';
import { pipelineOf } from '../client/publish-pipeline.js';

/** Event to replay to one processor. */
export interface ReplayedEvent {
  processor: string;
  /** Name of the event that the processor consumes. */
  event: string;
  whole: WholeEvent;
  original: Pick<OriginalEvent, 'stream' | 'sequence' | 'eventId'>;
  replayId: string;
  /** Id of the replayed failure event; undefined for the replay of a channel. */
  failureId?: string;
  /** Id of the as-new replay to which the event belongs, or belonged when it failed. */
  asNew?: string | undefined;
}

/** Limits for each message of a replay or a restore. The run fails if the broker does not confirm a message within 10 s. */
export const CONFIRMED_WITHIN: PublishLimits = { timeout: 10_000 };

/**
 * Publishes a stored event once more, for only one processor.
 *
 * @param id message id. The broker stores only one of several messages with the same id.
 */
export async function publishReplay(
  connection: NatsConnection,
  replayed: ReplayedEvent,
  id: string,
): Promise<PubAck> {
  const { processor, event, whole, original, replayId, failureId, asNew } = replayed;
  const headers = wrapHeaders(whole.headers, original.eventId);
  headers.set(TransportHeader.stream, original.stream);
  headers.set(TransportHeader.sequence, String(original.sequence));
  headers.set(TransportHeader.subject, whole.subject);
  headers.set(TransportHeader.replayId, replayId);
  if (failureId) {
    headers.set(TransportHeader.failureId, failureId);
    headers.set(TransportHeader.failureProcessor, processor);
  }
  if (asNew) headers.set(TransportHeader.asNew, asNew);
  const message = { subject: replayChannelOf(processor, event), body: whole.body, headers, id };
  return pipelineOf(connection).publish(message, CONFIRMED_WITHIN);
}
