import { redact } from '@cascade/jetstream';

/** Maximum length of a provider's answer that an error quotes, in characters. */
const LONGEST = 500;

/**
 * Returns a provider's answer in a form that an error may quote. The recipient is masked, and so is any other text that looks
 * personal or secret.
 */
export function quotable(answer: string, recipient: string, masked: string): string {
  return redact(answer.replaceAll(recipient, masked)).slice(0, LONGEST);
}
