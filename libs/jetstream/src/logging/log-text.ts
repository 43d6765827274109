import type { FailureError } from './failure-error.js';

/** Characters that move the cursor of a terminal, hide or rewrite its text, or change the direction of the text. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const CONTROLS_BUT_LAYOUT = /(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** Maximum number of characters of foreign text on a line. An id may be as long as all headers together. */
const MAX_LENGTH = 256;

/**
 * Escapes foreign text, such as an id, for one line of a log, and cuts the text to `maxLength` characters. Line breaks are
 * escaped too, so that the text cannot forge a line.
 */
export function lineOf(text: string, maxLength = MAX_LENGTH): string {
  const line = text.slice(0, maxLength).replace(CONTROLS, escaped);
  return text.length > maxLength ? `${line}…` : line;
}

/** Escapes foreign text of several lines for a log, so that the text cannot control the reader's terminal. */
export function linesOf(text: string): string {
  return text.replace(CONTROLS_BUT_LAYOUT, escaped);
}

/** Returns a line with the class and message of an error, followed by the frames of its stack. */
export function errorText({ name, message, stack = '' }: FailureError): string {
  // The stack repeats the message, and may contain the name of a parent class.
  const at = stack.indexOf(message);
  const frames = (at < 0 ? stack : stack.slice(at + message.length))
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => lineOf(line));
  return [`${lineOf(name)}: ${lineOf(message, Infinity)}`, ...frames].join('\n');
}

/** Returns the {@link errorText} of an error, with the parts of an AggregateError and the causes. */
export function errorReport(error: FailureError): string {
  const { message, errors = [], cause } = error;
  // If an AggregateError has no message, `message` already contains the messages of its parts.
  const parts = errors
    .filter((part) => !message.includes(part.message))
    .map((part) => `- ${errorText(part)}`);
  return [errorText(error), ...parts, ...(cause ? [`caused by ${errorReport(cause)}`] : [])].join('\n');
}

/** Escapes a character as JSON does, such as `\n` or `\u001b`. */
function escaped(character: string): string {
  const inJson = JSON.stringify(character).slice(1, -1);
  return inJson.startsWith('\\') ? inJson : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
