/**
 * Builds every name that is sent over the wire: subjects, streams, durables and the transport's own headers.
 *
 * # Glossary
 *
 * The code, the docs and the command line use these words, and use no other words for the same things.
 *
 * ## Events and their handlers
 *
 * - **event**: a fact in the past tense, with a name such as `user.signed-up` and a JSON body.
 * - **contract**: the rules that the body of an event must satisfy, declared on its event class.
 * - **version**: the major version of a contract. An **upcast** converts an event of an older version to the next version.
 * - **channel**: the subject of one event type in all versions, such as `events.user.signed-up`.
 * - **service**: a process that publishes initiating events, runs processors, or both.
 * - **processor**: one handler of one event type, with a name that is unique in the system.
 * - **identity**: the first name of a processor. The identity stays the same in ids when the processor is renamed.
 * - **handler**: the method of a processor that receives the event and returns the next events.
 * - **replica**: one of several processes that run the same processor and share its events.
 * - **initiating event**: an event that a service publishes and that no other event caused.
 * - **processing event**: an event that a processor publishes because of another event.
 * - **next event**: an event that a handler returns for an incoming event. In its flow, a next event is a processing event.
 * - **flow**: an initiating event and all events that it causes, directly or indirectly. All events of a flow have the
 *   **correlation id** of the initiating event.
 * - **causation id**: the id of the event that directly caused an event.
 *
 * ## Delivery
 *
 * - **stream**: storage of the broker for messages of certain subjects. The streams are EVENTS, RETRIES and FAILURES.
 * - **durable**: a consumer on the broker that keeps the position of a processor in a stream. The durable has the processor's
 *   name; for isolated attempts, the name ends in `_quarantine`.
 * - **pull**: a request to the broker for a number of messages.
 * - **delivery**: one transfer of a stored message to a replica.
 * - **redelivery**: another delivery of the same message, because the previous delivery was not settled or a redelivery was
 *   requested.
 * - **attempt**: one call of the handler, or a delivery that was lost in a crash. A processor makes a limited number of attempts.
 * - **retry key**: the identifier of a chain of attempts. A chain consists of the first delivery of an event and all retries of
 *   the event.
 * - **settle**: to end a delivery by an acknowledgement, a termination or a request for a redelivery.
 * - **in flight**: delivered but not settled. An outgoing message is in flight if it is published but not confirmed.
 * - **permit**: the right to make an attempt. A processor has as many permits as its **concurrency**.
 * - **prefetch**: events that are pulled before a permit is free.
 * - **backlog**: the events of a channel that have not been delivered to a processor yet.
 * - **lag**: the backlog, and all other events that a processor has neither handled nor dead-lettered yet.
 * - **confirmed**: describes a publish if the broker has reported, in a **PubAck**, that the message is stored.
 * - **stall**: a period in which a stream confirms no publishes.
 *
 * ## Failure
 *
 * - **retry**: a further attempt after a failed attempt and its **backoff**. A retry uses up an attempt.
 * - **requeue**: to publish an event for a later delivery without using up an attempt.
 * - **dead letter**: an event on which its processor has given up. To dead-letter an event means to store a failure event.
 * - **failure**, **failure event**: the record of a dead letter. The record is itself an event, on `failed.<processor>.<event>`.
 * - **failure state**: the state of a failure event after a replay was requested. The event was then handled, failed again, or is
 *   still to be handled. A failure without a state is **open**.
 * - **replay**: to deliver a stored event to one processor once more, on `replay.<processor>.<event>`. The next events get the
 *   same ids as after the first delivery.
 * - **as-new replay**: a replay whose next events get new ids. Downstream processors then handle these events like any new
 *   events.
 * - **archive**: to write failures to a file and remove them from the stream. To **restore** failures means to put them back.
 * - **circuit breaker**: pauses a processor after a run of failures without a success. While the circuit breaker is open, the
 *   processor is in a **pause**.
 * - **outage**: a failure that would affect every other event too, such as an unreachable database. The circuit breaker then
 *   opens immediately.
 * - **admission**: the circuit breaker's decision to admit an event normally, to admit it as a probe, or to reject it.
 * - **probe**: an event that is admitted during a pause, to find out whether attempts succeed again.
 * - **quarantine**: the place in which an event waits until nothing else runs in the process. An event enters quarantine if it
 *   was in flight at a crash and has one attempt left.
 * - **isolated**: describes the last attempt of an event from quarantine. During an isolated attempt, nothing else runs in the
 *   process.
 *
 * ## Around the transport
 *
 * - **provision**: to create and change the streams and durables that the declarations need.
 * - **declaration**: the description of a processor in `@Consumes`, or of the events that a service publishes.
 * - **channel declaration**: the event type of a channel, its stream, and its subject in that stream.
 * - **topology**: the services and processors, and the events that each publishes and consumes, read from the declarations.
 * - **outbox**: a table for events that are written in the same transaction as the data. The **relay** of the outbox publishes
 *   the events.
 * - **inbox**: a table with a mark for each handled event, so that a redelivery changes nothing. In code about NATS, an inbox is
 *   the subject on which a client receives replies.
 * - **operator**: a person who uses the command line.
 * - **stranger**: a client that may publish to the broker but does not belong to the system.
 */

/** Stream that keeps all events and replays. */
export const EVENTS_STREAM = 'EVENTS';
/**
 * Stream that holds events until their next attempt. The stream is separate from EVENTS, because the server schedules messages
 * only if `discard` is `old`.
 */
export const RETRIES_STREAM = 'RETRIES';
/** Stream that keeps all failure events and failure states. */
export const FAILURES_STREAM = 'FAILURES';

/** Headers that the transport adds to a retry or a replay, to keep track of the original event and its attempts. */
export const TransportHeader = {
  /** Number of attempts that were used up before this message. */
  attempts: 'cascade-attempts',
  /** Time of the first attempt, in RFC 3339. */
  firstAttemptAt: 'cascade-first-attempt-at',
  /** Identifier of the chain of attempts, derived from the stream and sequence of the first message. */
  retryKey: 'cascade-retry-key',
  /** Stream of the original event. */
  stream: 'cascade-original-stream',
  /** Sequence of the original event in its stream. */
  sequence: 'cascade-original-sequence',
  /** Subject on which the original event was published. */
  subject: 'cascade-original-subject',
  /** Derived id of the event; absent if the publisher set an id. */
  eventId: 'cascade-event-id',
  /** Id of the replay; absent if the message does not belong to a replay. */
  replayId: 'cascade-replay-id',
  /** Id of the failure event that is replayed; absent in the replay of a channel. */
  failureId: 'cascade-failure-id',
  /**
   * Name of the processor that stored the replayed failure event; absent in the replay of a channel. The processor may have
   * another name by now.
   */
  failureProcessor: 'cascade-failure-processor',
  /**
   * Id of the as-new replay to which the event belongs; absent for any other event. This id is one of the parts from which the
   * ids of the next events are derived.
   */
  asNew: 'cascade-as-new',
} as const;

/** Matches two or more kebab-case tokens with dots in between, such as `user.signed-up`. */
const EVENT_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)+$/;
/** Matches one kebab-case token, such as `metadata-writer`. */
const PROCESSOR_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

export function isEventName(name: string): boolean {
  return EVENT_NAME.test(name);
}

export function isProcessorName(name: string): boolean {
  return PROCESSOR_NAME.test(name) && name.length <= 64;
}

export function channelOf(eventName: string): string {
  return `events.${eventName}`;
}

export function failureChannelOf(processor: string, eventName: string): string {
  return `failed.${processor}.${eventName}`;
}

/**
 * Returns the subject of the states of a failure event. The subject contains the processor, so that a permission can cover only
 * the failures of one processor. The subject does not begin with `failed.`, because only failure events are stored on those
 * subjects.
 */
export function failureStateSubject(processor: string, failureId: string): string {
  return `failure-state.${processor}.${failureId}`;
}

export function replayChannelOf(processor: string, eventName: string): string {
  return `replay.${processor}.${eventName}`;
}

/** Returns the first part of the subjects on which a service receives replies. */
export function inboxPrefixOf(source: string): string {
  return `_INBOX_${source}`;
}

/** Returns the stream that stores a subject, or the subject itself if no stream of Cascade stores it. */
export function streamOf(subject: string): string {
  return STREAM_OF_ROOT[subject.split('.', 1)[0]!] ?? subject;
}

const STREAM_OF_ROOT: Record<string, string> = {
  events: EVENTS_STREAM,
  replay: EVENTS_STREAM,
  retry: RETRIES_STREAM,
  failed: FAILURES_STREAM,
  'failure-state': FAILURES_STREAM,
};

/** Returns the subject of requests about the outbox of a service. */
export function outboxRequestsOf(source: string): string {
  return `cascade.outbox.${source}`;
}

/**
 * Returns the subject of replies about the outbox of a service. The replies do not go to an inbox of the caller. A service with
 * the right to publish to such an inbox could pose as the broker.
 */
export function outboxAnswersOf(source: string, token = '*'): string {
  return `cascade.outbox.${source}.answer.${token}`;
}

/** Returns the wildcard for all events of a processor that wait for their next attempt. */
export function retriesOf(processor: string): string {
  return `retry.${processor}.>`;
}

/** Matches a retry key, which is one token of a subject. */
export const RETRY_KEY = /^[\w-]{1,128}$/;

export function isRetryKey(key: string): boolean {
  return RETRY_KEY.test(key);
}

/**
 * Returns the subject of a scheduled retry. JetStream keeps one schedule per subject, so each chain of attempts has its own
 * subject.
 */
export function retryScheduleOf(processor: string, retryKey: string): string {
  return `retry.${processor}.sch.${retryKey}`;
}

/** Returns the subject to which the broker copies a retry that is due. */
export function retryDueOf(processor: string, retryKey: string): string {
  return `retry.${processor}.due.${retryKey}`;
}

/** Returns the subject for a waiting event that was in flight at a crash and has one attempt left. */
export function quarantineOf(processor: string, retryKey: string): string {
  return `retry.${processor}.quarantine.${retryKey}`;
}

/** Returns the subject of the message for an isolated attempt. */
export function isolatedOf(processor: string, retryKey: string): string {
  return `retry.${processor}.isolated.${retryKey}`;
}

/** Stage of a quarantined event: waiting in quarantine, or at its isolated attempt. */
export type QuarantineStage = 'quarantine' | 'isolated';

export function quarantineStageOf(subject: string): QuarantineStage | undefined {
  return /^retry\.[^.]+\.(quarantine|isolated)\./.exec(subject)?.[1] as QuarantineStage | undefined;
}

/** Returns the name of the durable for a processor's isolated attempts. No processor can have this name. */
export function quarantineDurableOf(processor: string): string {
  return `${processor}_quarantine`;
}

/** Returns the processor that owns a durable. */
export function processorOfDurable(durable: string): string {
  return durable.replace(/_quarantine$/, '');
}

/** Returns true for the subjects of retries and replays. The transport's headers are trusted only on these subjects. */
export function isTransportSubject(subject: string): boolean {
  return subject.startsWith('retry.') || subject.startsWith('replay.');
}

/** Returns the `ce-type` of an event from its name and major version. */
export function typeOf(eventName: string, version: number): string {
  return `${eventName}.v${version}`;
}

/** Returns the name and version in a `ce-type`; undefined if the string does not have the form `<name>.v<version>`. */
export function parseType(type: string): { name: string; version: number } | undefined {
  const match = /^(.+)\.v([1-9]\d*)$/.exec(type);
  return match ? { name: match[1]!, version: Number(match[2]) } : undefined;
}

/** Returns true if every subject that matches `subject` also matches `wider`. Both arguments may have wildcards. */
export function isWithinSubject(subject: string, wider: string): boolean {
  const [inner, outer] = [subject.split('.'), wider.split('.')];
  for (const [index, token] of outer.entries()) {
    if (token === '>') return inner.length > index;
    if (inner[index] === '>' || inner[index] === undefined) return false;
    if (token !== '*' && token !== inner[index]) return false;
  }
  return inner.length === outer.length;
}
