/**
 * Makes every name that is sent over the wire: subjects, streams, durables and the transport's own headers.
 *
 * # Glossary
 *
 * Code, docs and command line use these words, and no others for the same things.
 *
 * ## Events and who handles them
 *
 * - **event**: a fact in the past tense with a name, such as `user.signed-up`, and a JSON body.
 * - **contract**: the rules that the body of an event must keep, declared on its event class.
 * - **version**: the major version of a contract; an **upcast** turns an event of an older version into the next.
 * - **channel**: the subject of one event type in all versions: `events.user.signed-up`.
 * - **service**: a process that publishes initiating events, runs processors, or both.
 * - **processor**: one handler of one event type, with a name that is unique in the system.
 * - **identity**: the first name of a processor; it stays the same in ids when the processor is renamed.
 * - **handler**: the method of a processor that receives the event, and returns the next events.
 * - **replica**: one of several processes that run the same processor and share its events.
 * - **initiating event**: an event that no other event led to; a service publishes it.
 * - **processing event**: an event that a processor returns for an incoming event.
 * - **flow**: an initiating event and all events that follow from it; its **correlation id** is that of the initiating event.
 * - **causation id**: the id of the event that led directly to an event.
 *
 * ## Delivery
 *
 * - **stream**: storage of the broker for messages of certain subjects: EVENTS, RETRIES and FAILURES.
 * - **durable**: a consumer on the broker that keeps the position of a processor in a stream; it has the processor's name.
 * - **pull**: a request to the broker for a number of messages.
 * - **delivery**: one transfer of a stored message to a replica.
 * - **redelivery**: another delivery of the same message, because the one before was not settled or asked for it.
 * - **attempt**: one call of the handler, or a delivery that was lost in a crash; a processor makes a limited number of them.
 * - **retry key**: identifies a chain of attempts: the first delivery of an event and all its retries.
 * - **settle**: to end a delivery: acknowledge, terminate, or ask for a redelivery.
 * - **in flight**: delivered and not settled; on the way out, published and not confirmed.
 * - **permit**: the right to make one of the attempts that may run at the same time, as many as the processor's **concurrency**.
 * - **prefetch**: events that are pulled before a permit is free.
 * - **backlog**: the events of a channel that are not delivered to a processor yet; **lag** is the backlog and everything else that
 *   a processor has not finished.
 * - **confirmed**: a publish for which the broker has reported, in a **PubAck**, that the message is stored.
 * - **stall**: a stream confirms no publishes.
 *
 * ## Failure
 *
 * - **retry**: a further attempt after a failed one, when its **backoff** is over; it uses up an attempt.
 * - **requeue**: to publish an event for a later delivery without using up an attempt.
 * - **dead letter**: an event that its processor has given up; to dead-letter it means to store a failure event.
 * - **failure**, **failure event**: the record of a dead letter, itself an event, on `failed.<processor>.<event>`.
 * - **failure state**: the newest step of a replay of a failure: requested, handled or failed again. Without one, it is **open**.
 * - **replay**: to hand a stored event to one processor again, on `replay.<processor>.<event>`; what follows gets the ids of the
 *   first time.
 * - **replay as new**: a replay whose next events get new ids, so that they are handled again too.
 * - **archive**: to write failures to a file and remove them from the stream; **restore** puts them back.
 * - **circuit breaker**: stops a processor when nearly everything fails; until it closes again, the processor is in a **pause**.
 * - **outage**: a failure that every other event would meet too, so that the circuit breaker opens at once.
 * - **admission**: the circuit breaker's decision to let an event in as usual or as a probe, or to reject it.
 * - **probe**: an event that is admitted during a pause to find out if things work again.
 * - **quarantine**: where an event waits that was in flight at a crash, until nothing else runs in the process.
 * - **isolated**: the last attempt of an event from quarantine, made while nothing else runs in the process.
 *
 * ## Around the transport
 *
 * - **provision**: to create and change the streams and durables that declarations ask for.
 * - **declaration**: what `@Consumes` says about a processor, or a service about what it publishes; a **channel declaration** is the
 *   event type, the stream and the subject in it.
 * - **topology**: which services and processors publish and consume which events, read from the declarations.
 * - **outbox**: a table for events that are written in the transaction of the data; its **relay** publishes them.
 * - **inbox**: a table with a mark for each event that was handled, so that a redelivery changes nothing. In code about NATS, it is
 *   the subject on which a client receives replies.
 * - **operator**: a person who uses the command line; a **stranger** is a client outside the system that may publish to it.
 */

/** Keeps all events and replays. */
export const EVENTS_STREAM = 'EVENTS';
/** Holds events that wait for their next attempt. Separate, because the server schedules messages only if `discard` is `old`. */
export const RETRIES_STREAM = 'RETRIES';
/** Keeps all failure events and failure states. */
export const FAILURES_STREAM = 'FAILURES';

/** Headers that the transport adds to a retry or a replay, so that nothing of the original event is lost. */
export const TransportHeader = {
  /** Number of attempts used up before. */
  attempts: 'cascade-attempts',
  /** RFC 3339 time of the first attempt. */
  firstAttemptAt: 'cascade-first-attempt-at',
  /** Identifies the chain of attempts, by stream and sequence of the first message. */
  retryKey: 'cascade-retry-key',
  /** Position of the original event. */
  stream: 'cascade-original-stream',
  sequence: 'cascade-original-sequence',
  subject: 'cascade-original-subject',
  /** Id of the event, if its publisher gave it none. */
  eventId: 'cascade-event-id',
  /** Id of the replay. */
  replayId: 'cascade-replay-id',
  /** Id of the failure event that is replayed; absent in the replay of a channel. */
  failureId: 'cascade-failure-id',
  /** The processor that failed. It may have another name by now. */
  failureProcessor: 'cascade-failure-processor',
  /** Id of the replay as new. The ids of all next events are derived from it. */
  asNew: 'cascade-as-new',
} as const;

/** Two or more kebab-case tokens: `user.signed-up`. */
const EVENT_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)+$/;
/** One kebab-case token: `metadata-writer`. */
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
 * The subject of the states of a failure event. It contains the processor, so that a right can cover the processor's own failures
 * only. It is not below `failed.`, where only failure events are stored.
 */
export function failureStateSubject(processor: string, failureId: string): string {
  return `failure-state.${processor}.${failureId}`;
}

export function replayChannelOf(processor: string, eventName: string): string {
  return `replay.${processor}.${eventName}`;
}

/** The first part of the subjects on which a service receives replies. */
export function inboxPrefixOf(source: string): string {
  return `_INBOX_${source}`;
}

/** Returns the stream that stores a subject, or the subject itself if it is not one of Cascade's. */
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

/** The subject of requests about the outbox of a service. */
export function outboxRequestsOf(source: string): string {
  return `cascade.outbox.${source}`;
}

/** The subject of its replies. It is not an inbox of the caller: a service with the right to publish there could pose as the broker. */
export function outboxAnswersOf(source: string, token = '*'): string {
  return `cascade.outbox.${source}.answer.${token}`;
}

/** All events of a processor that wait for their next attempt. */
export function retriesOf(processor: string): string {
  return `retry.${processor}.>`;
}

/** A retry key is one token of a subject. */
export const RETRY_KEY = /^[\w-]{1,128}$/;

export function isRetryKey(key: string): boolean {
  return RETRY_KEY.test(key);
}

/** The subject of a scheduled retry. JetStream keeps one schedule per subject, so each chain of attempts has its own subject. */
export function retryScheduleOf(processor: string, retryKey: string): string {
  return `retry.${processor}.sch.${retryKey}`;
}

/** The subject to which the broker copies the retry when it is due. */
export function retryDueOf(processor: string, retryKey: string): string {
  return `retry.${processor}.due.${retryKey}`;
}

/** The subject on which an event waits that was in flight at a crash and has one attempt left. */
export function quarantineOf(processor: string, retryKey: string): string {
  return `retry.${processor}.quarantine.${retryKey}`;
}

/** The subject of that last attempt, which is made while nothing else runs in the process. */
export function isolatedOf(processor: string, retryKey: string): string {
  return `retry.${processor}.isolated.${retryKey}`;
}

/** Waiting in quarantine, or at the isolated attempt. */
export type QuarantineStage = 'quarantine' | 'isolated';

export function quarantineStageOf(subject: string): QuarantineStage | undefined {
  return /^retry\.[^.]+\.(quarantine|isolated)\./.exec(subject)?.[1] as QuarantineStage | undefined;
}

/** The durable of a processor's isolated attempts. No processor can have this name. */
export function quarantineDurableOf(processor: string): string {
  return `${processor}_quarantine`;
}

/** Returns the processor that owns a durable. */
export function processorOfDurable(durable: string): string {
  return durable.replace(/_quarantine$/, '');
}

/** True for retries and replays. The transport's headers are believed only on these subjects. */
export function isTransportSubject(subject: string): boolean {
  return subject.startsWith('retry.') || subject.startsWith('replay.');
}

/** Makes the `ce-type` of an event from its name and major version. */
export function typeOf(eventName: string, version: number): string {
  return `${eventName}.v${version}`;
}

/** Reads name and version from a `ce-type`; undefined if it does not look like `<name>.v<version>`. */
export function parseType(type: string): { name: string; version: number } | undefined {
  const match = /^(.+)\.v([1-9]\d*)$/.exec(type);
  return match ? { name: match[1]!, version: Number(match[2]) } : undefined;
}

/** True if every subject that matches `subject` also matches `wider`. Both may have wildcards. */
export function isWithinSubject(subject: string, wider: string): boolean {
  const [inner, outer] = [subject.split('.'), wider.split('.')];
  for (const [index, token] of outer.entries()) {
    if (token === '>') return inner.length > index;
    if (inner[index] === '>' || inner[index] === undefined) return false;
    if (token !== '*' && token !== inner[index]) return false;
  }
  return inner.length === outer.length;
}
