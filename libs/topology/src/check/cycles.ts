import type { Topology } from '../topology.js';

/** Subjects and processors of a cycle, in order. The first entry is repeated at the end. */
export type Cycle = string[];

/**
 * Returns the cycles of a topology. In a cycle, an event eventually causes another event on the same channel, possibly through
 * failures. Cycles are allowed, but their authors must ensure that the events of each cycle come to an end. For each channel of a
 * cycle, only the shortest cycle through the channel is returned.
 */
export function findCycles({ channels, processors }: Topology): Cycle[] {
  const outputs = new Map(
    processors.map(({ name }) => [
      name,
      channels.filter(({ publishedBy }) =>
        publishedBy.some((by) => 'processor' in by && by.processor === name),
      ),
    ]),
  );
  const cycles = channels.flatMap((start) => shortestCycle(start.subject, start.consumedBy, outputs) ?? []);
  const keys = cycles.map(keyOf);
  return cycles.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

type Outputs = Map<string, Topology['channels']>;

/** Returns the shortest cycle through a channel; undefined if no cycle contains the channel. Searches breadth-first. */
function shortestCycle(start: string, consumers: readonly string[], outputs: Outputs): [Cycle] | undefined {
  const seen = new Set(consumers);
  const waiting = consumers.map((processor) => ({ processor, path: [start, processor] }));
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    for (const { subject, consumedBy } of outputs.get(next.processor) ?? []) {
      if (subject === start) return [[...next.path, start]];
      for (const processor of consumedBy.filter((candidate) => !seen.has(candidate))) {
        seen.add(processor);
        waiting.push({ processor, path: [...next.path, subject, processor] });
      }
    }
  }
  return undefined;
}

/** Returns a key that does not depend on the start of the cycle. */
function keyOf(cycle: Cycle): string {
  return [...new Set(cycle)].sort().join(' ');
}
