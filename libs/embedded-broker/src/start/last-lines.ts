import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Forwards every line of the streams, and keeps the last lines to explain why a process ended. */
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
