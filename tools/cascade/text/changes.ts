import type { FileChange } from '../../generator/file-change.js';
import type { Output, Style } from '../output.js';

const STYLES: Record<FileChange['kind'], Style> = { create: 'green', change: 'yellow', remove: 'red' };

/** One line for each file. */
export function changeLines(changes: readonly FileChange[], output: Output): string[] {
  return changes.map(({ kind, path }) => `${output.paint(STYLES[kind], kind.padEnd(6))}  ${path}`);
}
