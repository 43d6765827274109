import { isEventName } from '@cascade/jetstream';
import type { Topology } from '@cascade/topology';
import { readServices } from '../../supervisor/parts/services.js';
import { dependenciesOfApp, missingDependencies } from '../blueprint/dependencies.js';
import { renderEvent } from '../blueprint/new-event.js';
import type { AppPart, EventPart, NewEvent, Parts } from '../blueprint/parts.js';
import { RefusedNameError } from '../errors.js';
import { kebabCase, pascalCase } from '../names.js';
import { eventNameOf } from '../../text/event-name.js';
import { eventNames, failingProcessors, findEvent } from './catalogue.js';
import type { ConsumedChoice, ProcessorChoice } from './choice.js';
import { nearestOf, suggestion } from '../../text/nearest.js';
import { refuseProcessorName } from './processor-name.js';

/** Maximum number of edits by which a mistyped name may differ from a known event name. */
const TYPING_ERROR = 2;

/**
 * Finds the events, the processor and the app that a choice names.
 *
 * @throws RefusedNameError if a name is invalid, unknown or taken
 */
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
  refuseEndlessLoop(choice, consumed, published);
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

/** Refuses a processor that would consume its own events, because the generated code would fill the stream. */
function refuseEndlessLoop(
  { consumes }: ProcessorChoice,
  consumed: EventPart,
  published: EventPart | undefined,
): void {
  if ('failuresOf' in consumes || consumed.event !== published?.event) return;
  throw new RefusedNameError(
    `A processor that consumes and publishes ${consumed.event} would consume its own events in an endless loop.`,
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
    throw new RefusedNameError(`No app is called "${name}".`, [suggestion(name, names)]);
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
  const known = findEvent(topology, event);
  if (known) return known;
  if (newEvent) return createEvent(root, topology, event);
  throw new RefusedNameError(`No event is called "${event}".`, [
    suggestion(event, eventNames(topology)),
    'To create it: --new-event. Another service must then publish it.',
  ]);
}

/** Returns the consumed event, or the event whose failures are consumed. */
function eventOf(consumes: ConsumedChoice, topology: Topology): string {
  if ('event' in consumes) return eventNameOf(consumes.event);
  const failing = failingProcessors(topology);
  const found = failing.find(({ name }) => name === consumes.failuresOf);
  if (found) return found.consumes.event;
  const names = failing.map(({ name }) => name);
  throw new RefusedNameError(`No processor of events is called "${consumes.failuresOf}".`, [
    suggestion(consumes.failuresOf, names),
  ]);
}

async function resolvePublished(
  root: string,
  topology: Topology,
  { publishes, newEvent }: ProcessorChoice,
): Promise<EventPart | NewEvent> {
  const event = eventNameOf(publishes!);
  const known = findEvent(topology, event);
  if (known) return known;
  const similar = newEvent ? undefined : nearestOf(event, eventNames(topology), TYPING_ERROR);
  if (similar) {
    throw new RefusedNameError(`No event is called "${event}".`, [
      `Did you mean ${similar}?`,
      'To create one with such a similar name: --new-event.',
    ]);
  }
  return createEvent(root, topology, event);
}

async function createEvent(root: string, topology: Topology, event: string): Promise<NewEvent> {
  if (!isEventName(event)) {
    const meant = kebabCase(event);
    throw new RefusedNameError(
      `"${event}" is not a valid event name. Use <entity>.<past-tense verb> in kebab-case, such as coupon.issued.`,
      isEventName(meant) ? [`Did you mean ${meant}?`] : [],
    );
  }
  const name = pascalCase(event);
  const taken = topology.contracts.find((contract) => contract.class === name || contract.event === event);
  if (taken) {
    throw new RefusedNameError(
      `${taken.event} of the ${taken.origin} already has the class ${taken.class}.`,
      ['Choose another name.'],
    );
  }
  return renderEvent(root, event);
}
