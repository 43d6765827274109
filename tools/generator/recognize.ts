import type { App, Processor, Topology } from '@cascade/topology';
import { readServices } from '../supervisor/parts/services.js';
import type { AppPart, EventPart, Parts } from './blueprint.js';
import { catalogueOf, partOf } from './catalogue.js';
import { dependenciesOfApp, dependenciesOfProcessor } from './dependencies.js';
import { GeneratorError, RefusedNameError } from './errors.js';
import { suggestion } from './nearest.js';
import { renderEvent, type NewEvent } from './new-event.js';

export interface RemovalChoice {
  readonly name: string;
  /** Leaves the contracts of its events, also where nobody else uses them. */
  readonly keepEvents?: boolean | undefined;
}

/**
 * From a processor as it is declared, what it was generated from. Nothing else remembers that: its app is its own where it is
 * of its name and does nothing else, and an event came with it where nobody else uses it.
 */
export async function recognize(root: string, topology: Topology, choice: RemovalChoice): Promise<Parts> {
  const { name } = choice;
  const processor = topology.processors.find((candidate) => candidate.name === name);
  if (!processor) {
    const names = topology.processors.map((candidate) => candidate.name);
    throw new RefusedNameError(`There is no processor "${name}".`, [suggestion(name, names)]);
  }
  refuseWhereNeeded(processor, topology);
  const { failuresOf } = processor.consumes;
  const published = processor.publishes[0]?.event;
  const consumed = await eventPart(root, topology, processor.consumes.event);
  const publishes = published === undefined ? undefined : await eventPart(root, topology, published);
  const isOwn = (event: string) => !choice.keepEvents && !isUsedByOthers(event, processor, topology);
  const events = [failuresOf ? undefined : consumed, publishes];
  const newEvents = await Promise.all(
    [...new Set(events.flatMap((part) => (part && isOwn(part.event) ? [part.event] : [])))].map((event) =>
      renderEvent(root, event),
    ),
  );
  const asNew = (part: EventPart): EventPart | NewEvent =>
    newEvents.find(({ event }) => event === part.event) ?? part;
  return {
    name,
    app: await appPart(
      root,
      topology.apps.find((app) => app.name === processor.app)!,
      processor,
    ),
    consumes: asNew(consumed),
    failuresOf,
    publishes: publishes && asNew(publishes),
    newEvents,
  };
}

function refuseWhereNeeded({ name, publishes }: Processor, topology: Topology): void {
  const onFailures = topology.processors.filter(({ consumes }) => consumes.failuresOf === name);
  const orphaned = topology.channels.filter(
    ({ kind, event, publishedBy, consumedBy }) =>
      kind === 'event' &&
      publishes.some((published) => published.event === event) &&
      publishedBy.every((by) => 'processor' in by && by.processor === name) &&
      consumedBy.some((other) => other !== name),
  );
  const reasons = [
    ...onFailures.map((other) => `${other.name} consumes its failures`),
    ...orphaned.map(({ event, consumedBy }) => {
      const others = consumedBy.filter((other) => other !== name).join(', ');
      return `only it publishes ${event}, which ${others} consumes`;
    }),
  ];
  if (reasons.length === 0) return;
  throw new GeneratorError(`Others build on ${name}: ${reasons.join('; ')}.`, [
    'Remove or change those first.',
  ]);
}

function isUsedByOthers(event: string, processor: Processor, { apps, processors }: Topology): boolean {
  const others = processors.filter(({ name }) => name !== processor.name);
  return (
    apps.some(({ publishes }) => publishes.some((published) => published.event === event)) ||
    others.some(
      ({ consumes, publishes }) =>
        consumes.event === event || publishes.some((published) => published.event === event),
    )
  );
}

async function eventPart(root: string, topology: Topology, event: string): Promise<EventPart> {
  const known = catalogueOf(topology).find((contract) => contract.event === event);
  return known ? partOf(known) : renderEvent(root, event);
}

async function appPart(
  root: string,
  { name, folder, processors, publishes }: App,
  processor: Processor,
): Promise<AppPart> {
  const sources = `${folder}/src`;
  const isOwn = name === processor.name && processors.length === 1 && publishes.length === 0;
  const port = readServices(root).find((service) => service.name === name)?.port ?? 0;
  const dependencies = isOwn
    ? await dependenciesOfApp(root)
    : await dependenciesOfProcessor(root, folder, `${sources}/${processor.name}`);
  return { name, folder, sources, isOwn, port, dependencies };
}
