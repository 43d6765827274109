import { createHash } from 'node:crypto';

/** `dot-atom-text` of RFC 5322, short enough for one header line. */
const DOT_ATOM = /^(?=.{1,200}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;

/** An event's id where it is short and plain, as ours are, else its SHA-256: event ids come from anyone who publishes. */
export function plainIdOf(eventId: string): string {
  return DOT_ATOM.test(eventId) ? eventId : createHash('sha256').update(eventId).digest('hex');
}

/**
 * The `Message-ID` of the mail that an event causes: the same at each attempt, so that mailboxes and people can tell a
 * repeat.
 */
export function messageIdOf(eventId: string, domain: string): string {
  return `<${plainIdOf(eventId)}@${domain}>`;
}
