import { permissionsOf } from '@cascade/jetstream';
import { ceTypeOf, versionOf } from '../event-version.js';
import type { LoadedApp } from '../read/load-app.js';
import type { System } from '../read/read-system.js';
import type { GoldenFile } from '../read/samples.js';
import type { App, Topology } from '../topology.js';
import { describeChannels } from './describe-channels.js';
import { describeContracts } from './describe-contracts.js';
import { describeProcessor } from './describe-processor.js';
import { byKey } from './sorting.js';

/** Returns the topology of a system that was read from the code. */
export async function describeSystem(
  system: System,
  golden: readonly GoldenFile[],
  { name, version }: { name: string; version: string },
): Promise<Topology> {
  const apps = system.apps.map(describeApp);
  const processors = system.apps
    .flatMap((app) => app.processors.map((processor) => describeProcessor(app.name, processor)))
    .sort(byKey('name', 'app', 'handler'));
  const contracts = await describeContracts(system, golden);
  const types = new Set(contracts.map(ceTypeOf));
  return {
    format: 1,
    name,
    version,
    apps,
    processors,
    channels: describeChannels(apps, processors, contracts),
    contracts,
    straySamples: golden.filter(({ type }) => !type || !types.has(type)).map(({ file }) => file),
  };
}

function describeApp({ name, folder, service, processors }: LoadedApp): App {
  const declarations = processors.map(({ declaration }) => declaration);
  return {
    name,
    folder,
    ...(service ? { source: service.source } : {}),
    publishes: (service?.publishes ?? []).map(versionOf).sort(byKey('event', 'version')),
    processors: declarations.map(({ processor }) => processor).sort(),
    permissions: service ? permissionsOf(service, declarations) : { publish: [], subscribe: [] },
  };
}
