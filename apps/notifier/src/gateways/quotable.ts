import { redact } from '@cascade/jetstream';

/** Longest answer of a provider that an error quotes, in characters. */
const LONGEST = 500;

/**
 * What a provider answered, as an error may quote it: with the recipient masked, whatever it looks like, and without anything
 * else that is personal or secret by its looks.
 */
export function quotable(answer: string, recipient: string, masked: string): string {
  return redact(answer.replaceAll(recipient, masked)).slice(0, LONGEST);
}
