import { BaseRpcContext } from '@nestjs/microservices';
import type { EventClass } from '../contract/event-class.js';

/** Facts about the event that a processor handles, in addition to the event's data. */
export interface EventMetadata {
  /** `ce-id`, or an id derived from the event's place in the stream if the publisher set no `ce-id`. */
  readonly eventId: string;
  /** Id that all events of a flow share. */
  readonly correlationId: string;
  /**
   * Id of the event that caused this event; undefined if the publisher set no causation id. An initiating event usually has no
   * causation id.
   */
  readonly causationId: string | undefined;
  /** Processor or service that published the event (`ce-source`); undefined if the publisher set no `ce-source`. */
  readonly source: string | undefined;
  /** Number of this processor's attempt, starting at 1. */
  readonly attempt: number;
  /** Subject of the event channel, even for a retry or a replay. */
  readonly subject: string;
  /** `ce-time`. If `ce-time` is missing or invalid, the time at which the delivered message was stored. */
  readonly time: Date;
  /** Headers by lower-case name; `ce-*` values are decoded. */
  readonly headers: Readonly<Record<string, string>>;
  /** Id of the replay that delivered the event; undefined for an ordinary delivery. */
  readonly replayId: string | undefined;
  /** Id of the replayed failure event; undefined for an ordinary delivery and for the replay of a channel's time range. */
  readonly failureId: string | undefined;
  /**
   * Id of the as-new replay from which the event originates; undefined for any other event. The next events get new ids, which
   * are derived from this id.
   */
  readonly asNew: string | undefined;
}

/** Context of one attempt, injected by `@Ctx() context: EventContext`. */
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
    /** Classes of all events that the processor may return. */
    readonly publishes: readonly EventClass[] = [],
    /** First name of the processor, from which ids and inbox marks are derived. */
    readonly identity: string = processor,
  ) {
    super([metadata, processor]);
    // `Object.assign` would add several microseconds to each event.
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
