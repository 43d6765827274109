import { hash, randomUUID } from 'node:crypto';

/**
 * Namespace of all derived ids. If the namespace changed, redeliveries would derive other ids, and next events would be stored
 * twice.
 */
const NAMESPACE = Buffer.from('6f1c1f6e4d0a5b0e9b6d6f6f1d3c9a54', 'hex');

let last = { time: NaN, begin: '' };

/** Creates a new id, for instance for an initiating event. The id is a UUID version 7, which sorts by time. */
export function newEventId(): string {
  const time = Date.now();
  if (time !== last.time) last = { time, begin: beginOf(time) };
  // The part of a UUID version 4 after its version digit is as random as version 7 requires.
  return last.begin + randomUUID().slice(15);
}

/** Returns the common beginning of all ids of one millisecond. */
function beginOf(time: number): string {
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}

/**
 * Derives the id of a next event. After a redelivery, the id is the same, so JetStream drops the duplicate.
 *
 * @param processor identity of the processor that returns the next event
 * @param position index among the next events of the incoming event
 * @param asNew id of the as-new replay to which the incoming event belongs; undefined for any other event
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

/** Position of a stored message. A recreated stream repeats its sequences, so the time is needed to distinguish two messages. */
export interface StoredPlace {
  stream: string;
  sequence: number;
  storedAt: Date;
}

/** Derives the id of an event that was published without an id. The id is the same at each delivery. */
export function storedEventId({ stream, sequence, storedAt }: StoredPlace): string {
  return derived(JSON.stringify([stream, sequence, storedAt.getTime()]));
}

/**
 * Derives the id of a failure event. The id stays the same if a crash repeats the work or another message of the chain of
 * attempts fails. A replay begins a new chain of attempts, so its failure has another id.
 *
 * @param retryKey identifier of the chain of attempts
 * @param processor identity of the processor that failed
 */
export function failureEventId(eventId: string, retryKey: string, processor: string): string {
  return derived(JSON.stringify(['failed', eventId, retryKey, processor]));
}

/** Derives a `Nats-Msg-Id` from parts. The id is a hash, because strangers may put anything into some parts. */
export function messageId(...parts: (string | number)[]): string {
  return derived(JSON.stringify(parts));
}

/**
 * Maximum number of characters of a correlation id or causation id in headers. Both ids together must leave room for all other
 * headers.
 */
const MAX_ID = 256;

/** Returns the id, or a derived id if the id is too long. The id of a stranger may be as long as all headers together. */
export function shortId(id: string): string {
  return id.length <= MAX_ID ? id : derived(id);
}

/**
 * Matches `dot-atom-text` of RFC 5322 (\x60 is the backtick). Such an id may be used in an index and in the `Message-ID` of an
 * e-mail.
 */
const PLAIN_ID = /^(?=.{1,200}$)[\w!#$%&'*+/=?^\x60{|}~-]+(\.[\w!#$%&'*+/=?^\x60{|}~-]+)*$/;

/**
 * Returns the event's id if it is short and plain, as a UUID is, and otherwise the id's SHA-256. Any publisher may choose an
 * event's id.
 */
export function plainIdOf(eventId: string): string {
  return PLAIN_ID.test(eventId) ? eventId : hash('sha256', eventId, 'hex');
}

/** Buffer for the namespace and a name. The buffer is reused, because a new buffer for each id would cost more than its hash. */
const hashed = Buffer.alloc(1_024);
NAMESPACE.copy(hashed);

/** Returns the UUID version 5 of a name in {@link NAMESPACE}. */
function derived(name: string): string {
  const hex = hash('sha1', bytesToHash(name), 'hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function bytesToHash(name: string): Buffer {
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  if (NAMESPACE.length + name.length * 3 > hashed.length)
    return Buffer.concat([NAMESPACE, Buffer.from(name)]);
  return hashed.subarray(0, NAMESPACE.length + hashed.write(name, NAMESPACE.length));
}
