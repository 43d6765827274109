import { readEvent, typeOf, versionsOf, type EventClass } from '@cascade/jetstream';
import type { GoldenFile } from '@cascade/topology';
import { projectFolder } from '../project-folder.js';

/**
 * Returns the golden sample of an event in its newest version, as a handler gets it. If the event has several samples, returns
 * the first sample by file name.
 *
 * @throws Error if the event has no golden sample
 */
export async function goldenEvent<Event extends object>(type: EventClass<Event>): Promise<Event> {
  const { name, version } = type.event;
  const newest = typeOf(name, version);
  const [sample] = (await goldenSamples(type)).filter((golden) => golden.type === newest);
  if (!sample) throw new Error(missing(newest));
  return readEvent(type, Buffer.from(sample.text), newest);
}

/**
 * Returns all golden samples of an event, in every version that can be upcast to its class.
 *
 * @throws Error if the event has no golden sample
 */
export async function goldenSamples(type: EventClass): Promise<GoldenFile[]> {
  // Loaded on demand, because the module is large and most specs need no samples.
  const { findSamples } = await import('@cascade/topology');
  const types = versionsOf(type).map(({ event }) => typeOf(event.name, event.version));
  const samples = (await findSamples(projectFolder())).filter(
    (sample) => sample.type && types.includes(sample.type),
  );
  if (samples.length === 0) throw new Error(missing(types[0]!));
  return samples;
}

function missing(type: string): string {
  return `${type} has no golden sample. Write one as it would be published: libs/contracts/golden/${type}.json`;
}
