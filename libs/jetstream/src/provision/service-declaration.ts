import type { EventClass } from '../contract/event-class.js';
import type { JetStreamSettings } from './stream-settings.js';

/** Part of the options of `JetStreamModule.forRoot` that declares a service. */
export interface ServiceDeclaration {
  /** Name of the service, and `ce-source` of its initiating events. */
  source: string;
  /** Classes of the service's initiating events, including events that are published through an outbox. */
  publishes: readonly EventClass[];
  /** Sizes of the system's streams, if they differ from the defaults. All services declare the same sizes. */
  streams?: JetStreamSettings;
}
