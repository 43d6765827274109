import { redact } from '@cascade/jetstream';

/** Maximum length of a quoted response of a provider, in characters. */
const LONGEST = 500;

/**
 * Returns a provider's response in a form that is safe to quote in an error. The recipient and everything else that looks
 * personal or secret is masked.
 */
export function quotable(answer: string, recipient: string, masked: string): string {
  return redact(answer.replaceAll(recipient, masked)).slice(0, LONGEST);
}
