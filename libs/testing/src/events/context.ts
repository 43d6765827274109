import { EventContext, newEventId, type EventMetadata } from '@cascade/jetstream';

/**
 * Creates the context of an attempt, to call a handler without a transport. By default, the context describes the first attempt
 * at a new event.
 */
export function contextFor(processor: string, metadata: Partial<EventMetadata> = {}): EventContext {
  const eventId = metadata.eventId ?? newEventId();
  return new EventContext(
    {
      eventId,
      correlationId: eventId,
      causationId: undefined,
      source: undefined,
      attempt: 1,
      subject: 'events.of.a-test',
      time: new Date(),
      headers: {},
      replayId: undefined,
      failureId: undefined,
      asNew: undefined,
      ...metadata,
    },
    processor,
  );
}
