import type { Blueprint } from '../blueprint.js';

/** What a file that others share says of a processor. Both ways leave the rest of the file as it is, comments included. */
export interface Entry {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  /** @throws GeneratorError where the file is not as it must be for that */
  add(this: void, text: string, blueprint: Blueprint): string;
  /** The text without it; the same text where it is not there. */
  remove(this: void, text: string, blueprint: Blueprint): string;
}

/** Replaces a part of a text. */
export function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
