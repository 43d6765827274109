import { channelOf, EventFailed, versionsOf, type EventClass } from '@cascade/jetstream';
import { ceTypeOf, versionOf } from '../event-version.js';
import { contractSchema } from '../read/contract-schema.js';
import type { System } from '../read/read-system.js';
import { readSample, type GoldenFile } from '../read/samples.js';
import type { Contract } from '../topology.js';
import { byKey } from './sorting.js';

/** Returns every version of every event. Older versions are found through the newer versions that replace them. */
export async function describeContracts(
  { contracts, transportContracts }: System,
  golden: readonly GoldenFile[],
): Promise<Contract[]> {
  const described = await Promise.all([
    ...newestOf(contracts).map((newest) => describeVersions(newest, 'contracts', golden)),
    ...newestOf(transportContracts).map((newest) => describeVersions(newest, 'transport', [])),
  ]);
  return described.flat().sort(byKey('event', 'version', 'class'));
}

/** Returns the classes that no other class replaces. */
function newestOf(classes: readonly EventClass[]): EventClass[] {
  const replaced = new Set(classes.flatMap((type) => versionsOf(type).slice(1)));
  return classes.filter((type) => !replaced.has(type));
}

async function describeVersions(
  newest: EventClass,
  origin: Contract['origin'],
  golden: readonly GoldenFile[],
): Promise<Contract[]> {
  return Promise.all(
    versionsOf(newest).map(async (type) => {
      const { name, replaces } = type.event;
      const samples = golden.filter((sample) => sample.type === ceTypeOf(versionOf(type)));
      return {
        ...versionOf(type),
        class: type.name,
        channel: newest === EventFailed ? 'failed.>' : channelOf(name),
        origin,
        newest: type === newest,
        ...(replaces ? { upcastsFrom: replaces.event.version } : {}),
        schema: contractSchema(type),
        samples: await Promise.all(samples.map((sample) => readSample(sample, newest))),
      };
    }),
  );
}
