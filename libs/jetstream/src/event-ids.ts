import { v5, v7 } from 'uuid';

/** Namespace of all derived ids. Changing it would make redeliveries publish their events twice. */
const NAMESPACE = '6f1c1f6e-4d0a-5b0e-9b6d-6f6f1d3c9a54';

/** A fresh id for an initiating event: UUID version 7, which sorts by time. */
export function newEventId(): string {
  return v7();
}

/**
 * The id of the event at `position` among those that a processor returns for one incoming event. A redelivery derives
 * the same id again, and JetStream drops the duplicate.
 */
export function derivedEventId(incomingId: string, processor: string, position: number): string {
  return v5(JSON.stringify([incomingId, processor, position]), NAMESPACE);
}

/**
 * Where a message is stored. The time tells two messages of one sequence apart, which there are once a stream was deleted
 * and made again.
 */
export interface StoredPlace {
  stream: string;
  sequence: number;
  storedAt: Date;
}

/** The id of a stored event that was published without one: the same at each delivery. */
export function storedEventId({ stream, sequence, storedAt }: StoredPlace): string {
  return v5(JSON.stringify([stream, sequence, storedAt.getTime()]), NAMESPACE);
}

/**
 * The id of a failure event: one for each event and processor, however often a crash repeats the work, and whichever message
 * carried the last attempt. A replay begins a chain of attempts of its own, and may fail as another failure.
 *
 * @param retryKey names the chain of attempts
 */
export function failureEventId(eventId: string, retryKey: string, processor: string): string {
  return v5(JSON.stringify(['failed', eventId, retryKey, processor]), NAMESPACE);
}

/** A `Nats-Msg-Id` of parts of which some come from strangers, who may put anything into an id. */
export function messageId(...parts: (string | number)[]): string {
  return v5(JSON.stringify(parts), NAMESPACE);
}

/** Longest id, in characters, that is passed on in headers: two of them must leave room for everything else. */
const LONGEST_ID = 256;

/** The id, or a short one derived from it: a stranger's may be as long as the headers may be. */
export function shortId(id: string): string {
  return id.length <= LONGEST_ID ? id : v5(id, NAMESPACE);
}
