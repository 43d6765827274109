import { EventFailed, typeOf, type EventClass } from '@cascade/jetstream';
import type { EventVersion } from './topology.js';

/** Name of the event that every failure channel carries. */
export const FAILURE_EVENT = EventFailed.event.name;

export function versionOf({ event: { name, version } }: EventClass): EventVersion {
  return { event: name, version };
}

/** Returns the `ce-type` of an event, such as `user.signed-up.v1`. */
export function ceTypeOf({ event, version }: EventVersion): string {
  return typeOf(event, version);
}
