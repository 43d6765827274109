import { InvalidEventError } from '../errors.js';
import type { EventClass } from './event-class.js';
import { parseType, typeOf } from '../wire/names.js';

/** Returns the versions of an event that a consumer of `newest` can read, newest first. */
export function versionsOf(newest: EventClass): EventClass[] {
  const versions: EventClass[] = [];
  for (let type: EventClass | undefined = newest; type; type = type.event.replaces) versions.push(type);
  return versions;
}

/**
 * Returns the class of the version in which an event was published.
 *
 * @param ceType `ce-type` of the event. If undefined, the event is read in the newest version.
 * @throws InvalidEventError if `ceType` names another event, or a version that `newest` does not know
 */
export function publishedVersion(newest: EventClass, ceType: string | undefined): EventClass {
  const { name, version } = newest.event;
  if (ceType === undefined || ceType === typeOf(name, version)) return newest;
  const parsed = parseType(ceType);
  if (parsed?.name !== name) {
    throw new InvalidEventError(
      `ce-type must be ${typeOf(name, version)} on this channel, found ${JSON.stringify(ceType)}`,
    );
  }
  const type = versionsOf(newest).find(({ event }) => event.version === parsed.version);
  if (type) return type;
  const known = versionsOf(newest).map(({ event }) => `v${event.version}`);
  throw new InvalidEventError(
    `major version ${parsed.version} of ${name} is unknown here: ${known.join(', ')} ${known.length > 1 ? 'are' : 'is'} read`,
  );
}

/**
 * Converts an event to its newest version, with the upcasters of all versions in between.
 *
 * @throws InvalidEventError if an upcaster throws, or does not return an event of its class
 */
export function upcast<Event extends object>(event: object, newest: EventClass<Event>): Event {
  if (event.constructor === newest) return event as Event;
  const { name, version, replaces } = newest.event;
  const old = upcast(event, replaces!);
  const step = `${name} from v${replaces!.event.version} to v${version}`;
  let converted: Event;
  try {
    converted = newest.upcast!(old as never);
  } catch (cause) {
    throw new InvalidEventError(`the upcast of ${step} failed: ${(cause as Error).message}`, [], { cause });
  }
  if (converted instanceof newest) return converted;
  throw new InvalidEventError(`the upcast of ${step} did not return a ${newest.name}`);
}
