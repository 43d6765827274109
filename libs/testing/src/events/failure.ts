import { channelOf, classOf, EventFailed, EVENTS_STREAM, newEventId } from '@cascade/jetstream';

/** Creates the failure event that a processor would publish for this event. */
export function failureOf(processor: string, event: object): EventFailed {
  const now = new Date().toISOString();
  const body = JSON.stringify(event);
  return new EventFailed({
    processor,
    reason: 'attempts-exhausted',
    attempts: 5,
    firstAttemptAt: now,
    lastAttemptAt: now,
    error: { name: 'Error', message: 'made by a test' },
    original: {
      stream: EVENTS_STREAM,
      sequence: 1,
      subject: channelOf(classOf(event).event.name),
      eventId: newEventId(),
      size: Buffer.byteLength(body),
      body: { encoding: 'utf-8', data: body },
    },
  });
}
