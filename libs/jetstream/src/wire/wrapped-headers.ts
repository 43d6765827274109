import { idIn } from './cloud-events.js';
import { TransportHeader } from './names.js';
import { OutgoingHeaders } from './outgoing-headers.js';

/** In front of a name that means something else on the message that carries the event. */
const PREFIX = 'cascade-carried-';

/** Whether the name belongs to one message, not to the event in it: to the transport or to the server. */
function isOfMessage(name: string): boolean {
  return /^(cascade|nats)-/i.test(name);
}

/**
 * An event's headers for a message that carries it, such as a retry: the publisher's own, those of the server and the transport
 * under another name, and the event's id where they give it none, since the message lies elsewhere and would get another.
 */
export function wrapHeaders(
  headers: Readonly<Record<string, readonly string[]>>,
  eventId: string,
): OutgoingHeaders {
  const carried = new OutgoingHeaders();
  for (const [name, values] of Object.entries(headers)) {
    const carriedAs = isOfMessage(name) ? `${PREFIX}${name}` : name;
    for (const value of values) carried.add(carriedAs, value);
  }
  if (idIn(headers) === undefined) carried.set(TransportHeader.eventId, eventId);
  return carried;
}

/** The event's headers as they were before {@link carry}. */
export function unwrapHeaders(headers: Iterable<[string, string[]]>): [string, string[]][] {
  const original: [string, string[]][] = [];
  for (const [name, values] of headers) {
    if (name.startsWith(PREFIX)) original.push([name.slice(PREFIX.length), values]);
    else if (!isOfMessage(name)) original.push([name, values]);
  }
  return original;
}
