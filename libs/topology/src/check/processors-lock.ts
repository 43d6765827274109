import type { Processor, Topology } from '../topology.js';

/** Channel of each processor, by the name of the processor. The processor's durable on the broker reads this channel. */
export type LockedProcessors = Record<string, string>;

export interface ProcessorsDifference {
  added: string[];
  /** Processors that are in the lock, but neither in the code nor among the former names of a processor. */
  removed: string[];
  /** Processors with a former name that is in the lock. */
  renamed: { name: string; from: string }[];
  /** Processors that consume another channel than in the lock, under the same name. */
  moved: { name: string; from: string; to: string }[];
}

export function lockedProcessors({ processors }: Topology): LockedProcessors {
  return Object.fromEntries(processors.map(({ name, consumes }) => [name, consumes.channel]));
}

export function processorsDifference(
  { processors }: Topology,
  locked: LockedProcessors,
): ProcessorsDifference {
  const names = new Set(processors.map(({ name }) => name));
  const gone = Object.keys(locked).filter((name) => !names.has(name));
  const renamed = gone.flatMap((from) => {
    const now = processors.find(({ formerly }) => formerly.includes(from));
    return now ? [{ name: now.name, from }] : [];
  });
  return {
    added: processors.map(({ name }) => name).filter((name) => !(name in locked)),
    removed: gone.filter((name) => !renamed.some(({ from }) => from === name)),
    renamed,
    moved: processors.flatMap(({ name, consumes: { channel: to } }: Processor) => {
      const from = locked[name];
      const isAsLocked = processors.some((other) => other.name === name && other.consumes.channel === from);
      return from && !isAsLocked ? [{ name, from, to }] : [];
    }),
  };
}

export function describeRemoved(name: string): string {
  return (
    `processor ${name} was removed. If it was renamed, declare \`formerly: ['${name}']\` at the new one, which otherwise handles every ` +
    `stored event again, under new ids. If not, its consumers stay on the broker until \`node cascade provision --prune ${name}\``
  );
}

export function describeMoved({ name, from, to }: ProcessorsDifference['moved'][number]): string {
  return (
    `processor ${name} now consumes ${to} in place of ${from}. Its consumer on the broker reads the old channel, so the processor does ` +
    `not start. Give the processor another name, or run \`node cascade provision --move ${name}\` when it is deployed`
  );
}
