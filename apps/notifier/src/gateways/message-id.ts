import { plainIdOf } from '@cascade/jetstream';

/**
 * Returns the `Message-ID` of the e-mail for an event. Each attempt uses the same `Message-ID`, so that mail programs can
 * recognize a duplicate.
 */
export function messageIdOf(eventId: string, domain: string): string {
  return `<${plainIdOf(eventId)}@${domain}>`;
}
