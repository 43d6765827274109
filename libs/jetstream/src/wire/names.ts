/**
 * Every name that goes on the wire is made here: subjects, streams, durables and the transport's own headers.
 *
 * Glossary: an *event* `user.signed-up` travels on its *channel* `events.user.signed-up`; a *processor* is one
 * handler of one event type and owns the *durable* of its name; a *failure event* lies on
 * `failed.<processor>.<event>`; a *replay* hands a stored event to one processor on `replay.<processor>.<event>`.
 */

/** Keeps every event and every replayed event. */
export const EVENTS_STREAM = 'EVENTS';
/** Holds what waits for its next attempt. A stream of its own: the server schedules messages only where `discard` is `old`. */
export const RETRIES_STREAM = 'RETRIES';
/** Keeps every failure event. */
export const FAILURES_STREAM = 'FAILURES';

/** Headers that the transport adds to a retry and to a replay, so that nothing of the original event is lost. */
export const TransportHeader = {
  /** Attempts used up so far. */
  attempts: 'cascade-attempts',
  /** RFC 3339 time of the first attempt. */
  firstAttemptAt: 'cascade-first-attempt-at',
  /** Names the attempts that belong together: where the message of the first one lies. */
  retryKey: 'cascade-retry-key',
  /** Where the original event lies. */
  stream: 'cascade-original-stream',
  sequence: 'cascade-original-sequence',
  subject: 'cascade-original-subject',
  /** The event's id, where its publisher gave it none. */
  eventId: 'cascade-event-id',
  /** The replay that handed the event over. */
  replayId: 'cascade-replay-id',
  /** The failure event that is replayed; absent where a channel is. */
  failureId: 'cascade-failure-id',
  /** The processor that failed: it may have been renamed since. */
  failureProcessor: 'cascade-failure-processor',
  /** The replay as new that the event is part of: its id goes into the ids of what follows. */
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

/** The event channel: the subject that carries one event type, in all its versions. */
export function channelOf(eventName: string): string {
  return `events.${eventName}`;
}

export function failureChannelOf(processor: string, eventName: string): string {
  return `failed.${processor}.${eventName}`;
}

/**
 * Where the states of a failure event lie. With the processor whose failure it is, so that a right covers its own failures and
 * no others; and not below `failed.`, which is for failure events alone.
 */
export function failureStateSubject(processor: string, failureId: string): string {
  return `failure-state.${processor}.${failureId}`;
}

export function replayChannelOf(processor: string, eventName: string): string {
  return `replay.${processor}.${eventName}`;
}

/** The first part of the subjects on which a service gets answers. */
export function inboxPrefixOf(source: string): string {
  return `_INBOX_${source}`;
}

/** The stream that keeps what is published on a subject; the subject itself where that is not one of Cascade's. */
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

/** Where a service is asked about its outbox. */
export function outboxRequestsOf(source: string): string {
  return `cascade.outbox.${source}`;
}

/** Where it answers. Not an inbox of whoever asks: with the right to publish there, a service could pretend to be the broker. */
export function outboxAnswersOf(source: string, token = '*'): string {
  return `cascade.outbox.${source}.answer.${token}`;
}

/** Everything of a processor that waits for its next attempt. */
export function retriesOf(processor: string): string {
  return `retry.${processor}.>`;
}

/** A key goes into a subject, and must be one token of it. */
export const RETRY_KEY = /^[\w-]{1,128}$/;

export function isRetryKey(key: string): boolean {
  return RETRY_KEY.test(key);
}

/** Where a retry waits. JetStream keeps one schedule a subject, so each chain of attempts has a subject of its own. */
export function retryScheduleOf(processor: string, retryKey: string): string {
  return `retry.${processor}.sch.${retryKey}`;
}

/** Where the schedule puts the retry when it is due. */
export function retryDueOf(processor: string, retryKey: string): string {
  return `retry.${processor}.due.${retryKey}`;
}

/** Where a suspect waits for its last attempt: an event that was in hand too often when its process died. */
export function quarantineOf(processor: string, retryKey: string): string {
  return `retry.${processor}.quarantine.${retryKey}`;
}

/** Where it lies while that attempt is made, with nothing else at work in the process. */
export function isolatedOf(processor: string, retryKey: string): string {
  return `retry.${processor}.isolated.${retryKey}`;
}

/** Whether the message is of a suspect, and which. */
export function quarantineStageOf(subject: string): 'quarantine' | 'isolated' | undefined {
  return /^retry\.[^.]+\.(quarantine|isolated)\./.exec(subject)?.[1] as 'quarantine' | 'isolated' | undefined;
}

/** The durable of a processor's suspects. No processor can have this name. */
export function quarantineDurableOf(processor: string): string {
  return `${processor}_quarantine`;
}

/** The processor that owns a durable. */
export function processorOfDurable(durable: string): string {
  return durable.replace(/_quarantine$/, '');
}

/** Messages that only the transport itself publishes; on any other subject its headers are not believed. */
export function isTransportSubject(subject: string): boolean {
  return subject.startsWith('retry.') || subject.startsWith('replay.');
}

/** `ce-type` of an event: its name and major version. */
export function typeOf(eventName: string, version: number): string {
  return `${eventName}.v${version}`;
}

/** The name and version in a `ce-type`, or undefined where it is not of the form `<name>.v<version>`. */
export function parseType(type: string): { name: string; version: number } | undefined {
  const match = /^(.+)\.v([1-9]\d*)$/.exec(type);
  return match ? { name: match[1]!, version: Number(match[2]) } : undefined;
}

/** True if every subject that matches `subject` also matches `wider`; both may have wildcards. */
export function isWithinSubject(subject: string, wider: string): boolean {
  const [inner, outer] = [subject.split('.'), wider.split('.')];
  for (const [index, token] of outer.entries()) {
    if (token === '>') return inner.length > index;
    if (inner[index] === '>' || inner[index] === undefined) return false;
    if (token !== '*' && token !== inner[index]) return false;
  }
  return inner.length === outer.length;
}
