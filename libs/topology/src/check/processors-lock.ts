import type { Processor, Topology } from '../topology.js';

/** The channel that each processor consumes, by its name. A durable on the broker has that name, and reads that channel. */
export type LockedProcessors = Record<string, string>;

export interface ProcessorsDifference {
  added: string[];
  /** In the lock, in no code, and the former name of no processor. */
  removed: string[];
  /** Processors with a former name that is in the lock. */
  renamed: { name: string; from: string }[];
  /** Processors that consume another channel under the same name. */
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

/** What a removed name means for the broker. */
export function describeRemoved(name: string): string {
  return (
    `processor ${name} is gone. If it was renamed, declare \`formerly: ['${name}']\` at the new one: otherwise that handles every ` +
    `stored event again, under new ids. If it was removed, its consumers stay on the broker until \`node cascade provision --prune ${name}\``
  );
}

export function describeMoved({ name, from, to }: ProcessorsDifference['moved'][number]): string {
  return (
    `processor ${name} consumes ${to}, and consumed ${from}: its consumer on the broker reads the old channel, so the service ` +
    `refuses to start. Give the processor another name, or run \`node cascade provision --move ${name}\` when it is deployed`
  );
}
