import type { FileChange } from '../../generator/file-change.js';
import type { Output, Style } from '../output.js';

const STYLES: Record<FileChange['kind'], Style> = { create: 'green', change: 'yellow', remove: 'red' };

/** Returns the changes without the content of files, for JSON. */
export function shownChanges(changes: readonly FileChange[]) {
  return changes.map(({ path, kind }) => ({ path, kind }));
}

export function changeLines(changes: readonly FileChange[], output: Output): string[] {
  return changes.map(({ kind, path }) => `${output.paint(STYLES[kind], kind.padEnd(6))}  ${path}`);
}
