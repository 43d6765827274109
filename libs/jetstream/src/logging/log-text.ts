import type { FailureError } from './failure-error.js';

/** What moves the cursor of a terminal, hides or rewrites what it shows, or turns the direction of the text. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const CONTROLS_BUT_LAYOUT = /(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** Longest foreign text on a line, in characters: an id may be as long as the headers may be. */
const LONGEST = 256;

/** Foreign text for a line of a log, such as an id or a subject: a line break in it is escaped too, so that it forges no line. */
export function lineOf(text: string, longest = LONGEST): string {
  const line = text.slice(0, longest).replace(CONTROLS, escaped);
  return text.length > longest ? `${line}…` : line;
}

/** Text of several lines for a log: nothing in it commands the terminal of whoever reads that. */
export function linesOf(text: string): string {
  return text.replace(CONTROLS_BUT_LAYOUT, escaped);
}

/** Class and message of an error on one line, and below it where it was thrown. */
export function errorText({ name, message, stack = '' }: FailureError): string {
  // The stack repeats the message, and the name of a parent class where the class sets none.
  const at = stack.indexOf(message);
  const frames = (at < 0 ? stack : stack.slice(at + message.length))
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => lineOf(line));
  return [`${lineOf(name)}: ${lineOf(message, Infinity)}`, ...frames].join('\n');
}

/** The same with the errors that it is made of, and its causes. */
export function errorReport(error: FailureError): string {
  const { message, errors = [], cause } = error;
  // An error of several without a message of its own has theirs.
  const parts = errors
    .filter((part) => !message.includes(part.message))
    .map((part) => `- ${errorText(part)}`);
  return [errorText(error), ...parts, ...(cause ? [`caused by ${errorReport(cause)}`] : [])].join('\n');
}

/** `\n`, `\u001b`. */
function escaped(character: string): string {
  const inJson = JSON.stringify(character).slice(1, -1);
  return inJson.startsWith('\\') ? inJson : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
