import type { Blueprint } from '../blueprint/blueprint.js';

/** A processor's entry in a shared file. `add` and `remove` keep the rest of the file, including comments. */
export interface Entry {
  /** Path relative to the checkout, with forward slashes. */
  readonly path: string;
  /** @throws GeneratorError if the file has no place for the entry */
  add(this: void, text: string, blueprint: Blueprint): string;
  /** Returns the text without the entry; returns the same text if the entry is missing. */
  remove(this: void, text: string, blueprint: Blueprint): string;
}

export function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
