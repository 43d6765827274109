import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Hands every line of the streams on and keeps the last ones, for the explanation of a death. */
export function lastLines(streams: readonly Readable[], log: (line: string) => void, count = 20): string[] {
  const kept: string[] = [];
  for (const input of streams) {
    createInterface({ input }).on('line', (line) => {
      kept.push(line);
      if (kept.length > count) kept.shift();
      log(line);
    });
  }
  return kept;
}
