import { plainIdOf } from '@cascade/jetstream';

/**
 * Returns the `Message-ID` of an event's mail. Each attempt uses the same `Message-ID`, so that mailboxes can recognize a repeat.
 */
export function messageIdOf(eventId: string, domain: string): string {
  return `<${plainIdOf(eventId)}@${domain}>`;
}
