import { ceTypeOf, FAILURE_EVENT } from '../event-version.js';
import type { Topology } from '../topology.js';

/** Something about the topology that cannot work, or that nobody can have meant. */
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
  /** What is wrong, where, and what to do. */
  message: string;
}

/** Faults of the declarations alone; those of the contracts are told by `contract-faults.ts`. */
export function declarationFaults(topology: Topology): TopologyFault[] {
  return [
    ...duplicateSources(topology),
    ...duplicateProcessors(topology),
    ...missingTransports(topology),
    ...unpublishedChannels(topology),
    ...unknownFailures(topology),
    ...undeclaredEvents(topology),
    ...newerVersions(topology),
  ];
}

function duplicateSources({ apps }: Topology): TopologyFault[] {
  return duplicates(apps, ({ source }) => source).map(([source, found]) => ({
    rule: 'duplicate-source',
    message:
      `${andList(found.map(({ name }) => name))} have the same source '${source}', and so the same inbox and ce-source. ` +
      'Give each its own in JetStreamModule.forRoot({ source }).',
  }));
}

/** A former name counts too: ids and marks are made with it. */
function duplicateProcessors({ processors }: Topology): TopologyFault[] {
  const named = processors.flatMap(({ name, formerly, handler, app }) =>
    [name, ...formerly].map((taken) => ({ taken, place: `${handler} in ${app}` })),
  );
  return duplicates(named, ({ taken }) => taken).map(([name, found]) => ({
    rule: 'duplicate-processor',
    message:
      `${andList(found.map(({ place }) => place))} are both processor '${name}', or were it formerly: they would share one ` +
      'durable, or the ids of what they publish, and events of one of them would be lost. Give each a name that no other has or had.',
  }));
}

function missingTransports({ apps }: Topology): TopologyFault[] {
  return apps
    .filter(({ source, processors }) => source === undefined && processors.length > 0)
    .map(({ name, processors }) => ({
      rule: 'missing-transport',
      message: `${name} declares ${andList(processors)}, but its module does not import JetStreamModule.forRoot(), so nothing is consumed.`,
    }));
}

function unpublishedChannels({ channels }: Topology): TopologyFault[] {
  return channels
    .filter(
      ({ publishedBy, consumedBy, kind }) =>
        kind === 'event' && consumedBy.length > 0 && publishedBy.length === 0,
    )
    .map(({ subject, event, consumedBy }) => ({
      rule: 'unpublished-channel',
      message:
        `${andList(consumedBy)} ${consumedBy.length > 1 ? 'consume' : 'consumes'} ${subject}, which nobody publishes. ` +
        `Whoever publishes ${event} declares it: a service in JetStreamModule.forRoot({ publishes }), a processor in ` +
        '@Consumes(…, { publishes }).',
    }));
}

function unknownFailures({ processors }: Topology): TopologyFault[] {
  return processors.flatMap(({ name, consumes: { failuresOf, event } }) => {
    if (failuresOf === undefined) return [];
    const failing = processors.find((processor) => processor.name === failuresOf);
    if (failing && consumedEvent(failing) === event) return [];
    const reason = failing
      ? `${failuresOf} consumes ${consumedEvent(failing)}, so it never fails on ${event}`
      : `there is no processor '${failuresOf}'`;
    return [
      {
        rule: 'unknown-failures',
        message: `${name} consumes the failures of ${failuresOf} on ${event}, but ${reason}.`,
      },
    ];
  });
}

/** Of a processor of failures, the failure event. */
function consumedEvent({ consumes }: Topology['processors'][number]): string {
  return consumes.failuresOf === undefined ? consumes.event : FAILURE_EVENT;
}

function undeclaredEvents({ apps, processors, contracts }: Topology): TopologyFault[] {
  const known = new Set(contracts.map(ceTypeOf));
  const used = [...apps, ...processors].flatMap(({ name, publishes }) =>
    publishes.map((event) => ({ by: `${name} publishes`, event })),
  );
  const consumed = processors.map(({ name, consumes }) => ({ by: `${name} consumes`, event: consumes }));
  return [...used, ...consumed]
    .filter(({ event }) => !known.has(ceTypeOf(event)))
    .map(({ by, event }) => ({
      rule: 'undeclared-event',
      message: `${by} ${ceTypeOf(event)}, which is no contract: export its class from libs/contracts/src/index.ts.`,
    }));
}

function newerVersions({ apps, processors }: Topology): TopologyFault[] {
  const published = [...apps, ...processors].flatMap(({ publishes }) => publishes);
  return processors.flatMap(({ name, consumes }) => {
    const newer = published.filter(
      ({ event, version }) => event === consumes.event && version > consumes.version,
    );
    if (newer.length === 0) return [];
    return [
      {
        rule: 'newer-version-published',
        message: `${name} reads ${ceTypeOf(consumes)}, but ${ceTypeOf(newer[0]!)} is published, which it would give up on. Have it consume the newest class.`,
      },
    ];
  });
}

/** Groups of more than one, by a key; what has none is left out. */
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

/** `a`, `a and b`, `a, b and c`. */
export function andList(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
