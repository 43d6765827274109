/** Replaces control characters with spaces, so that the text of an event cannot move the cursor or color the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** Splits a text into lines, and replaces the control characters in each line. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map(printable);
}
