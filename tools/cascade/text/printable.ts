/** Text from an event on one line: what it holds must not move the cursor, or colour the terminal of whoever looks at it. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** The same for text of several lines. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map(printable);
}
