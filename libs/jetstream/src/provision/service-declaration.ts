import type { EventClass } from '../contract/event-class.js';
import type { JetStreamSettings } from './stream-settings.js';

/** What a service says of itself in `JetStreamModule.forRoot`. */
export interface ServiceDeclaration {
  /** Its name, `ce-source` of the events that it publishes by itself. */
  source: string;
  /** Every event that it publishes by itself, be it through an outbox: its initiating events. */
  publishes: readonly EventClass[];
  /** How large the system's streams are, unless that is the default. All services declare the same. */
  streams?: JetStreamSettings;
}
