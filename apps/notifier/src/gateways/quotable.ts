import { redact } from '@cascade/jetstream';

/** Longest answer of a provider that an error quotes, in characters. */
const LONGEST = 500;

/**
 * Returns a provider's answer in a form that an error may quote: the recipient is masked, and everything else that looks personal
 * or secret.
 */
export function quotable(answer: string, recipient: string, masked: string): string {
  return redact(answer.replaceAll(recipient, masked)).slice(0, LONGEST);
}
