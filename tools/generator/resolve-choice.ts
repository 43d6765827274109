import { isEventName } from '@cascade/jetstream';
import type { Topology } from '@cascade/topology';
import { readServices } from '../supervisor/parts/services.js';
import type { AppPart, EventPart, Parts } from './blueprint.js';
import { catalogueOf, failingProcessors, partOf } from './catalogue.js';
import type { ConsumedChoice, ProcessorChoice } from './choice.js';
import { dependenciesOfApp, missingDependencies } from './dependencies.js';
import { RefusedNameError } from './errors.js';
import { kebabCase, pascalCase } from './names.js';
import { nearestOf, suggestion } from './nearest.js';
import { renderEvent, type NewEvent } from './new-event.js';
import { refuseProcessorName } from './processor-name.js';

/** Letters by which a new event must differ from all known ones, not to be a slip of the pen. */
const SLIP = 2;

/** From the names of a choice to what they stand for. @throws RefusedNameError */
export async function resolveChoice(
  root: string,
  topology: Topology,
  choice: ProcessorChoice,
): Promise<Parts> {
  const { name } = choice;
  refuseProcessorName(name, topology, choice.app === undefined);
  const app = await (choice.app === undefined ? ownApp(root, name) : existingApp(root, topology, choice.app));
  const consumed = await resolveConsumed(root, topology, choice);
  const published =
    choice.publishes === undefined ? undefined : await resolvePublished(root, topology, choice);
  refuseItsOwnAnswers(choice, consumed, published);
  const newEvents = [consumed, published].filter(isNew);
  return {
    name,
    app,
    consumes: consumed,
    failuresOf: 'failuresOf' in choice.consumes ? choice.consumes.failuresOf : undefined,
    publishes: published,
    newEvents: newEvents.filter(
      ({ event }, index) => newEvents.findIndex((other) => other.event === event) === index,
    ),
  };
}

/** It would run at once as it is generated, and fill the channel until there is no room. */
function refuseItsOwnAnswers(
  { consumes }: ProcessorChoice,
  consumed: EventPart,
  published: EventPart | undefined,
): void {
  if ('failuresOf' in consumes || consumed.event !== published?.event) return;
  throw new RefusedNameError(
    `A processor that consumes ${consumed.event} and publishes it would answer its own answers, without an end.`,
    ['Publish another event.'],
  );
}

function isNew(event: EventPart | NewEvent | undefined): event is NewEvent {
  return event !== undefined && 'files' in event;
}

async function ownApp(root: string, name: string): Promise<AppPart> {
  const folder = `apps/${name}`;
  const highest = Math.max(...readServices(root).map(({ port }) => port));
  const dependencies = await dependenciesOfApp(root);
  return { name, folder, sources: `${folder}/src`, isOwn: true, port: highest + 1, dependencies };
}

async function existingApp(root: string, { apps }: Topology, name: string): Promise<AppPart> {
  const app = apps.find((candidate) => candidate.name === name);
  if (!app) {
    const names = apps.map((candidate) => candidate.name);
    throw new RefusedNameError(`There is no app "${name}".`, [suggestion(name, names)]);
  }
  const { folder } = app;
  const dependencies = await missingDependencies(root, folder);
  return { name, folder, sources: `${folder}/src`, isOwn: false, port: 0, dependencies };
}

async function resolveConsumed(
  root: string,
  topology: Topology,
  { consumes, newEvent }: ProcessorChoice,
): Promise<EventPart | NewEvent> {
  const event = eventOf(consumes, topology);
  const known = catalogueOf(topology).find((contract) => contract.event === event);
  if (known) return partOf(known);
  if (newEvent) return createEvent(root, topology, event);
  const names = catalogueOf(topology).map((contract) => contract.event);
  throw new RefusedNameError(`No event is called "${event}".`, [
    suggestion(event, names),
    `To create it, which somebody then has to publish: --new-event.`,
  ]);
}

/** Of another's failures, the event that it gave up on. */
function eventOf(consumes: ConsumedChoice, topology: Topology): string {
  if ('event' in consumes) return eventName(consumes.event);
  const failing = failingProcessors(topology);
  const found = failing.find(({ name }) => name === consumes.failuresOf);
  if (found) return found.consumes.event;
  const names = failing.map(({ name }) => name);
  throw new RefusedNameError(`There is no processor "${consumes.failuresOf}" of events.`, [
    suggestion(consumes.failuresOf, names),
  ]);
}

/** People also name an event by its channel. */
function eventName(text: string): string {
  return text.replace(/^events\./, '');
}

async function resolvePublished(
  root: string,
  topology: Topology,
  { publishes, newEvent }: ProcessorChoice,
): Promise<EventPart | NewEvent> {
  const event = eventName(publishes!);
  const known = catalogueOf(topology).find((contract) => contract.event === event);
  if (known) return partOf(known);
  const names = catalogueOf(topology).map((contract) => contract.event);
  const slip = newEvent ? undefined : nearestOf(event, names, SLIP);
  if (slip) {
    throw new RefusedNameError(`No event is called "${event}".`, [
      `Did you mean ${slip}?`,
      'To create one that differs so little: --new-event.',
    ]);
  }
  return createEvent(root, topology, event);
}

async function createEvent(root: string, topology: Topology, event: string): Promise<NewEvent> {
  if (!isEventName(event)) {
    const meant = kebabCase(event);
    throw new RefusedNameError(
      `"${event}" is no name of an event: those are <entity>.<past-tense verb> in kebab-case, such as coupon.issued.`,
      isEventName(meant) ? [`Did you mean ${meant}?`] : [],
    );
  }
  const name = pascalCase(event);
  const taken = topology.contracts.find((contract) => contract.class === name || contract.event === event);
  if (taken) {
    throw new RefusedNameError(
      `${taken.event} has the class ${taken.class} already, and comes with the ${taken.origin}.`,
      ['Take another name.'],
    );
  }
  return renderEvent(root, event);
}
