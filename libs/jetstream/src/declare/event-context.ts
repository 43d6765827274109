import { BaseRpcContext } from '@nestjs/microservices';
import type { EventClass } from '../contract/event-class.js';

/** What a processor knows of the event it handles, beside its data. */
export interface EventMetadata {
  /** `ce-id`, or an id derived from the place in the stream where the publisher gave none. */
  readonly eventId: string;
  /** Shared by all events of a flow. */
  readonly correlationId: string;
  /** Id of the event that led to this one; undefined for an initiating event. */
  readonly causationId: string | undefined;
  /** `ce-source`: the processor or service that published it; undefined where the publisher did not say. */
  readonly source: string | undefined;
  /** Which attempt of this processor it is, from 1. */
  readonly attempt: number;
  /** The event channel, also for a retry or a replay. */
  readonly subject: string;
  /** `ce-time`, or the time at which the event was stored. */
  readonly time: Date;
  /** By lower-case name; `ce-*` values are decoded. */
  readonly headers: Readonly<Record<string, string>>;
  /** The replay that handed it over; undefined where it came by itself. */
  readonly replayId: string | undefined;
  /** The failure event that is replayed; undefined where a time range of the channel is. */
  readonly failureId: string | undefined;
  /** The replay as new that it is part of, or was when it failed: what the handler returns is new to those downstream. */
  readonly asNew: string | undefined;
}

/** The context of one attempt: `@Ctx() context: EventContext`. */
export class EventContext extends BaseRpcContext<[EventMetadata, string]> implements EventMetadata {
  readonly eventId: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly source: string | undefined;
  readonly attempt: number;
  readonly subject: string;
  readonly time: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly replayId: string | undefined;
  readonly failureId: string | undefined;
  readonly asNew: string | undefined;

  constructor(
    metadata: EventMetadata,
    /** Name of the processor that handles the event. */
    readonly processor: string,
    /** Every event that the processor may return. */
    readonly publishes: readonly EventClass[] = [],
    /** The processor's first name, where it was renamed: what ids and marks are made with. */
    readonly identity: string = processor,
  ) {
    super([metadata, processor]);
    this.eventId = metadata.eventId;
    this.correlationId = metadata.correlationId;
    this.causationId = metadata.causationId;
    this.source = metadata.source;
    this.attempt = metadata.attempt;
    this.subject = metadata.subject;
    this.time = metadata.time;
    this.headers = metadata.headers;
    this.replayId = metadata.replayId;
    this.failureId = metadata.failureId;
    this.asNew = metadata.asNew;
  }
}
