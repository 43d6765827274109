import { idIn } from './cloud-events.js';
import { TransportHeader } from './names.js';
import { OutgoingHeaders } from './outgoing-headers.js';

/** Prefix for the names of event headers that would have another meaning on the message that carries the event. */
const PREFIX = 'cascade-carried-';

/** Returns true if the transport or the server uses the header for the message, and not for its event. */
function isOfMessage(name: string): boolean {
  return /^(cascade|nats)-/i.test(name);
}

/**
 * Creates the headers of a message that carries an event, such as a retry. The publisher's headers are kept. Headers that belong
 * to the server or the transport get a prefix. An event without an id gets a header with its derived id. Otherwise, another id
 * would be derived from the position of the retry.
 */
export function wrapHeaders(
  headers: Readonly<Record<string, readonly string[]>>,
  eventId: string,
): OutgoingHeaders {
  const wrapped = new OutgoingHeaders();
  for (const [name, values] of Object.entries(headers)) {
    const wrappedName = isOfMessage(name) ? `${PREFIX}${name}` : name;
    for (const value of values) wrapped.add(wrappedName, value);
  }
  if (idIn(headers) === undefined) wrapped.set(TransportHeader.eventId, eventId);
  return wrapped;
}

/** Returns the event's headers as they were before {@link wrapHeaders}. */
export function unwrapHeaders(headers: Iterable<[string, string[]]>): [string, string[]][] {
  const original: [string, string[]][] = [];
  for (const [name, values] of headers) {
    if (name.startsWith(PREFIX)) original.push([name.slice(PREFIX.length), values]);
    else if (!isOfMessage(name)) original.push([name, values]);
  }
  return original;
}
