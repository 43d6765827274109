import { EventFailed, typeOf, type EventClass } from '@cascade/jetstream';
import type { EventVersion } from './topology.js';

/** The event that every failure channel carries. */
export const FAILURE_EVENT = EventFailed.event.name;

export function versionOf({ event: { name, version } }: EventClass): EventVersion {
  return { event: name, version };
}

/** The `ce-type` of an event: `user.signed-up.v1`. */
export function ceTypeOf({ event, version }: EventVersion): string {
  return typeOf(event, version);
}
