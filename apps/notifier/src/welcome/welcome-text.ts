import { displayName } from './display-name.js';

/**
 * Maximum length of a name, in characters. With a longer name, the message might not fit into one SMS. A longer name is left out,
 * because a truncated name reads badly.
 */
const LONGEST_NAME = 40;

/** Returns the welcome text message for a user, on one line. */
export function welcomeText(name: string): string {
  const shown = displayName(name);
  return shown && [...shown].length <= LONGEST_NAME
    ? `Hello ${shown}, welcome to Cascade.`
    : 'Hello, welcome to Cascade.';
}
