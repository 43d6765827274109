import { displayName } from './display-name.js';

/** In characters. A longer name would push the text over one SMS, and is left out: cut in the middle it reads badly. */
const LONGEST_NAME = 40;

/** The welcome text message for somebody of this name: one line. */
export function welcomeText(name: string): string {
  const shown = displayName(name);
  return shown && [...shown].length <= LONGEST_NAME
    ? `Hello ${shown}, welcome to Cascade.`
    : 'Hello, welcome to Cascade.';
}
