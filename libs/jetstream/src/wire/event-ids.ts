import { hash, randomUUID } from 'node:crypto';

/** Namespace of all derived ids. Changing it would make redeliveries publish their events twice. */
const NAMESPACE = Buffer.from('6f1c1f6e4d0a5b0e9b6d6f6f1d3c9a54', 'hex');

let last = { time: NaN, begin: '' };

/** A fresh id for an initiating event: UUID version 7, which sorts by time. */
export function newEventId(): string {
  const time = Date.now();
  if (time !== last.time) last = { time, begin: beginOf(time) };
  // Of a random UUID, version 4, everything behind its version is random as it must be.
  return last.begin + randomUUID().slice(15);
}

/** That of the ids of one millisecond. */
function beginOf(time: number): string {
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}

/**
 * The id of the event at `position` among those that a processor returns for one incoming event. A redelivery derives
 * the same id again, and JetStream drops the duplicate.
 *
 * @param asNew the replay as new in which it is returned, if there is one
 */
export function derivedEventId(
  incomingId: string,
  processor: string,
  position: number,
  asNew?: string,
): string {
  const parts =
    asNew === undefined ? [incomingId, processor, position] : [incomingId, processor, position, asNew];
  return derived(JSON.stringify(parts));
}

/**
 * Where a message is stored. The time tells two messages of one sequence apart, which there are once a stream was deleted
 * and made again.
 */
export interface StoredPlace {
  stream: string;
  sequence: number;
  storedAt: Date;
}

/** The id of a stored event that was published without one: the same at each delivery. */
export function storedEventId({ stream, sequence, storedAt }: StoredPlace): string {
  return derived(JSON.stringify([stream, sequence, storedAt.getTime()]));
}

/**
 * The id of a failure event: one for each event and processor, however often a crash repeats the work, and whichever message
 * carried the last attempt. A replay begins a chain of attempts of its own, and may fail as another failure.
 *
 * @param retryKey names the chain of attempts
 */
export function failureEventId(eventId: string, retryKey: string, processor: string): string {
  return derived(JSON.stringify(['failed', eventId, retryKey, processor]));
}

/** A `Nats-Msg-Id` of parts of which some come from strangers, who may put anything into an id. */
export function messageId(...parts: (string | number)[]): string {
  return derived(JSON.stringify(parts));
}

/** Longest id, in characters, that is passed on in headers: two of them must leave room for everything else. */
const LONGEST_ID = 256;

/** The id, or a short one derived from it: a stranger's may be as long as the headers may be. */
export function shortId(id: string): string {
  return id.length <= LONGEST_ID ? id : derived(id);
}

/** `dot-atom-text` of RFC 5322 (\x60 is the backtick): such an id may stand in an index and in the `Message-ID` of a mail. */
const PLAIN_ID = /^(?=.{1,200}$)[\w!#$%&'*+/=?^\x60{|}~-]+(\.[\w!#$%&'*+/=?^\x60{|}~-]+)*$/;

/** The event's id if it is short and plain, as a UUID is, else the id's SHA-256: anyone who publishes may choose an event's id. */
export function plainIdOf(eventId: string): string {
  return PLAIN_ID.test(eventId) ? eventId : hash('sha256', eventId, 'hex');
}

/** Namespace and name, one behind the other: a buffer of its own for each id would cost more than its hash. */
const hashed = Buffer.alloc(1_024);
NAMESPACE.copy(hashed);

/** UUID version 5 of a name in {@link NAMESPACE}. */
function derived(name: string): string {
  const hex = hash('sha1', bytesToHash(name), 'hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function bytesToHash(name: string): Buffer {
  // A character has three bytes at most.
  if (NAMESPACE.length + name.length * 3 > hashed.length)
    return Buffer.concat([NAMESPACE, Buffer.from(name)]);
  return hashed.subarray(0, NAMESPACE.length + hashed.write(name, NAMESPACE.length));
}
