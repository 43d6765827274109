import { BaseRpcContext } from '@nestjs/microservices';
import type { EventClass } from '../contract/event-class.js';

/** Facts about the event that a processor handles, beside its data. */
export interface EventMetadata {
  /** `ce-id`, or an id derived from the place in the stream if the publisher gave none. */
  readonly eventId: string;
  /** Shared by all events of a flow. */
  readonly correlationId: string;
  /** Id of the event that led to this one; undefined for an initiating event. */
  readonly causationId: string | undefined;
  /** `ce-source`: the processor or service that published the event; undefined if the publisher did not set it. */
  readonly source: string | undefined;
  /** Number of this processor's attempt, from 1. */
  readonly attempt: number;
  /** The event channel, also for a retry or a replay. */
  readonly subject: string;
  /** `ce-time`, or the time at which the event was stored. */
  readonly time: Date;
  /** Headers by lower-case name; `ce-*` values are decoded. */
  readonly headers: Readonly<Record<string, string>>;
  /** The replay that delivered the event; undefined for an ordinary delivery. */
  readonly replayId: string | undefined;
  /** The failure event that is replayed; undefined for the replay of a channel's time range. */
  readonly failureId: string | undefined;
  /** Id of the replay as new that the event belongs or belonged to. Events that the handler returns get new ids for it. */
  readonly asNew: string | undefined;
}

/** Nest's context with the fields of {@link EventMetadata}, which the constructor below assigns. */
const MetadataContext = BaseRpcContext as new (
  args: [EventMetadata, string],
) => BaseRpcContext<[EventMetadata, string]> & EventMetadata;

/** The context of one attempt: `@Ctx() context: EventContext`. */
export class EventContext extends MetadataContext {
  constructor(
    metadata: EventMetadata,
    /** Name of the processor that handles the event. */
    readonly processor: string,
    /** Every event that the processor may return. */
    readonly publishes: readonly EventClass[] = [],
    /** The processor's first name, from which ids and marks are made. */
    readonly identity: string = processor,
  ) {
    super([metadata, processor]);
    Object.assign(this, metadata);
  }
}
