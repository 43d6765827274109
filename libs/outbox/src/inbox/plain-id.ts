import { createHash } from 'node:crypto';

/** `dot-atom-text` of RFC 5322, short enough for an index and for one header line. */
const DOT_ATOM = /^(?=.{1,200}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;

/**
 * Returns an event's id if it is short and plain, as ours are, else its SHA-256. Any publisher may choose event ids. The result
 * fits into an index and into a mail header.
 */
export function plainIdOf(eventId: string): string {
  return DOT_ATOM.test(eventId) ? eventId : createHash('sha256').update(eventId).digest('hex');
}
