import type { EventClass } from '../contract/event-class.js';
import type { JetStreamSettings } from './stream-settings.js';

/** The part of `JetStreamModule.forRoot` that declares a service. */
export interface ServiceDeclaration {
  /** Its name: `ce-source` of its initiating events. */
  source: string;
  /** Its initiating events, also those that it publishes through an outbox. */
  publishes: readonly EventClass[];
  /** The sizes of the system's streams, if not the default. All services declare the same. */
  streams?: JetStreamSettings;
}
