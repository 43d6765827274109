import { ceTypeOf, FAILURE_EVENT } from '../event-version.js';
import type { Topology } from '../topology.js';

/** Error in the topology, or a declaration that is certainly a mistake. */
export interface TopologyFault {
  rule:
    | 'unpublished-channel'
    | 'unknown-failures'
    | 'undeclared-event'
    | 'newer-version-published'
    | 'duplicate-processor'
    | 'duplicate-source'
    | 'missing-transport'
    | 'duplicate-contract'
    | 'missing-upcaster'
    | 'missing-sample'
    | 'unreadable-sample'
    | 'stray-sample'
    | 'incompatible-contract'
    | 'outdated-lock'
    | 'outdated-docs';
  /** Description of the error, its location and the remedy. */
  message: string;
}

/** Returns the faults of the declarations. `contract-faults.ts` finds the faults of the contracts. */
export function declarationFaults(topology: Topology): TopologyFault[] {
  return [
    ...faultsOf('duplicate-source', duplicateSources(topology)),
    ...faultsOf('duplicate-processor', duplicateProcessors(topology)),
    ...faultsOf('missing-transport', missingTransports(topology)),
    ...faultsOf('unpublished-channel', unpublishedChannels(topology)),
    ...faultsOf('unknown-failures', unknownFailures(topology)),
    ...faultsOf('undeclared-event', undeclaredEvents(topology)),
    ...faultsOf('newer-version-published', newerVersions(topology)),
  ];
}

export function faultsOf(rule: TopologyFault['rule'], messages: readonly string[]): TopologyFault[] {
  return messages.map((message) => ({ rule, message }));
}

function duplicateSources({ apps }: Topology): string[] {
  return duplicates(apps, ({ source }) => source).map(
    ([source, found]) =>
      `${andList(found.map(({ name }) => name))} have the same source '${source}', and so the same inbox and ce-source. ` +
      'Give each its own in JetStreamModule.forRoot({ source }).',
  );
}

/**
 * Returns a fault for each name that several processors use. Former names count too, because event ids and inbox marks may be
 * derived from former names.
 */
function duplicateProcessors({ processors }: Topology): string[] {
  const named = processors.flatMap(({ name, formerly, handler, app }) =>
    [name, ...formerly].map((taken) => ({ taken, place: `${handler} in ${app}` })),
  );
  return duplicates(named, ({ taken }) => taken).map(
    ([name, found]) =>
      `${andList(found.map(({ place }) => place))} both have or had the name '${name}'. They would share a durable, or the ids ` +
      'of the events that they publish, and events of one processor would be lost. Give each a name that no other processor has or had.',
  );
}

function missingTransports({ apps }: Topology): string[] {
  return apps
    .filter(({ source, processors }) => source === undefined && processors.length > 0)
    .map(
      ({ name, processors }) =>
        `${name} declares ${andList(processors)}, but its module does not import JetStreamModule.forRoot(), so nothing is consumed.`,
    );
}

function unpublishedChannels({ channels }: Topology): string[] {
  return channels
    .filter(
      ({ publishedBy, consumedBy, kind }) =>
        kind === 'event' && consumedBy.length > 0 && publishedBy.length === 0,
    )
    .map(
      ({ subject, event, consumedBy }) =>
        `${andList(consumedBy)} ${consumedBy.length > 1 ? 'consume' : 'consumes'} ${subject}, but no service or processor declares ` +
        `that it publishes ${event}. Declare it: a service in JetStreamModule.forRoot({ publishes }), a processor in ` +
        '@Consumes(…, { publishes }).',
    );
}

function unknownFailures({ processors }: Topology): string[] {
  return processors.flatMap(({ name, consumes: { failuresOf, event } }) => {
    if (failuresOf === undefined) return [];
    const failing = processors.find((processor) => processor.name === failuresOf);
    if (failing && consumedEvent(failing) === event) return [];
    const reason = failing
      ? `${failuresOf} consumes ${consumedEvent(failing)}, so it never fails on ${event}`
      : `there is no processor '${failuresOf}'`;
    return [`${name} consumes the failures of ${failuresOf} on ${event}, but ${reason}.`];
  });
}

/** Returns the event that a processor consumes. A processor of failures consumes the failure event. */
function consumedEvent({ consumes }: Topology['processors'][number]): string {
  return consumes.failuresOf === undefined ? consumes.event : FAILURE_EVENT;
}

function undeclaredEvents({ apps, processors, contracts }: Topology): string[] {
  const known = new Set(contracts.map(ceTypeOf));
  const used = [...apps, ...processors].flatMap(({ name, publishes }) =>
    publishes.map((event) => ({ by: `${name} publishes`, event })),
  );
  const consumed = processors.map(({ name, consumes }) => ({ by: `${name} consumes`, event: consumes }));
  return [...used, ...consumed]
    .filter(({ event }) => !known.has(ceTypeOf(event)))
    .map(
      ({ by, event }) =>
        `${by} ${ceTypeOf(event)}, which is not a contract: export its class from libs/contracts/src/index.ts.`,
    );
}

function newerVersions({ apps, processors }: Topology): string[] {
  const published = [...apps, ...processors].flatMap(({ publishes }) => publishes);
  return processors.flatMap(({ name, consumes }) => {
    const newer = published.find(
      ({ event, version }) => event === consumes.event && version > consumes.version,
    );
    if (!newer) return [];
    return `${name} reads ${ceTypeOf(consumes)}, but ${ceTypeOf(newer)} is published, which it would dead-letter. Let it consume the newest class.`;
  });
}

/** Returns the groups of two or more items with the same key. Items without a key are left out. */
export function duplicates<Item>(
  items: readonly Item[],
  key: (item: Item) => string | undefined,
): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = key(item);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups].filter(([, group]) => group.length > 1);
}

/** Joins names into a list, such as `a`, `a and b` or `a, b and c`. */
export function andList(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
