import { displayName } from './display-name.js';

/**
 * Maximum number of characters of a name. A longer name would exceed one SMS. It is left out, because a truncated name reads
 * badly.
 */
const LONGEST_NAME = 40;

/** Returns the welcome text message for a user, on one line. */
export function welcomeText(name: string): string {
  const shown = displayName(name);
  return shown && [...shown].length <= LONGEST_NAME
    ? `Hello ${shown}, welcome to Cascade.`
    : 'Hello, welcome to Cascade.';
}
