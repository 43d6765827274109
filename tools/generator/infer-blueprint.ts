import type { App, Processor, Topology } from '@cascade/topology';
import { readServices } from '../supervisor/parts/services.js';
import { blueprintOf, type Blueprint } from './blueprint/blueprint.js';
import { dependenciesOfApp, dependenciesOfProcessor } from './blueprint/dependencies.js';
import { renderEvent } from './blueprint/new-event.js';
import type { AppPart, EventPart, NewEvent } from './blueprint/parts.js';
import { findEvent } from './choice/catalogue.js';
import { suggestion } from '../text/nearest.js';
import { GeneratorError, RefusedNameError } from './errors.js';

export interface RemovalChoice {
  readonly name: string;
  /** True to keep the contracts of the processor's events even if nothing else uses them. */
  readonly keepEvents?: boolean | undefined;
}

/**
 * Infers the blueprint of a generated processor from its declaration, because no file records the blueprint. An app counts as the
 * processor's own app if it has the same name, no other processor, and no published event. An event counts as created with the
 * processor if nothing else uses the event and `keepEvents` is not set.
 *
 * @throws RefusedNameError if no processor has the name
 * @throws GeneratorError if other processors depend on this processor
 */
export async function inferBlueprint(
  root: string,
  topology: Topology,
  choice: RemovalChoice,
): Promise<Blueprint> {
  const { name } = choice;
  const processor = topology.processors.find((candidate) => candidate.name === name);
  if (!processor) {
    const names = topology.processors.map((candidate) => candidate.name);
    throw new RefusedNameError(`No processor is called "${name}".`, [suggestion(name, names)]);
  }
  refuseIfOthersDepend(processor, topology);
  const { failuresOf } = processor.consumes;
  const published = processor.publishes[0]?.event;
  const consumed = await eventPart(root, topology, processor.consumes.event);
  const publishes = published === undefined ? undefined : await eventPart(root, topology, published);
  const isOwn = (event: string) => !choice.keepEvents && !isUsedByOthers(event, processor, topology);
  const candidates = [failuresOf ? undefined : consumed.event, published];
  const events = new Set(candidates.filter((event) => event !== undefined).filter(isOwn));
  const newEvents = await Promise.all([...events].map((event) => renderEvent(root, event)));
  const asNew = (part: EventPart): EventPart | NewEvent =>
    newEvents.find(({ event }) => event === part.event) ?? part;
  const app = topology.apps.find((candidate) => candidate.name === processor.app)!;
  return blueprintOf(root, {
    name,
    app: await appPart(root, app, processor),
    consumes: asNew(consumed),
    failuresOf,
    publishes: publishes && asNew(publishes),
    newEvents,
  });
}

function refuseIfOthersDepend({ name, publishes }: Processor, topology: Topology): void {
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
      return `${others} consumes ${event}, which only ${name} publishes`;
    }),
  ];
  if (reasons.length === 0) return;
  throw new GeneratorError(`Others depend on ${name}: ${reasons.join('; ')}.`, [
    'Remove or change them first.',
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
  return findEvent(topology, event) ?? renderEvent(root, event);
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
