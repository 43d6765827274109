import { plainIdOf } from '@cascade/jetstream';

/**
 * The `Message-ID` of the mail that an event causes. It is the same at each attempt, so that mailboxes and people recognize a
 * repeated mail.
 */
export function messageIdOf(eventId: string, domain: string): string {
  return `<${plainIdOf(eventId)}@${domain}>`;
}
