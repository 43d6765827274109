import { isEventName } from '../wire/names.js';

/** Class whose instances are events. The class-validator decorators on its fields form its contract. */
export interface EventClass<Event extends object = object> {
  new (...args: never[]): Event;
  /** Declaration of the event in its class: `static readonly event = { name: 'user.signed-up', version: 1 }`. */
  readonly event: EventDeclaration;
  /** Converts an event of the replaced version to this version. */
  upcast?(old: never): Event;
}

export interface EventDeclaration {
  readonly name: string;
  readonly version: number;
  /** Class of the previous version. Stored events of the previous version are read too, and are converted by `upcast`. */
  readonly replaces?: EventClass;
}

/**
 * Returns the class of an event.
 *
 * @throws TypeError if the object is not an instance of a class with a valid `static event`
 */
export function classOf(event: object): EventClass {
  const type = event.constructor as unknown as EventClass;
  assertEventClass(type);
  return type;
}

/** Classes that have already passed the check. */
const valid = new WeakSet<EventClass>();

/** @throws TypeError if the class declares no valid `static event` */
export function assertEventClass(type: EventClass): void {
  if (valid.has(type)) return;
  const declared = (type as Partial<EventClass> | undefined)?.event;
  if (
    !declared ||
    !isEventName(declared.name) ||
    !(Number.isInteger(declared.version) && declared.version > 0)
  ) {
    throw new TypeError(
      `${type?.name || 'This object'} is not an event: its class needs ` +
        "`static readonly event = { name: '<entity>.<past-tense-verb>', version: 1 }`, the name in kebab-case.",
    );
  }
  if (declared.replaces) assertReplaces(type, declared.replaces);
  valid.add(type);
}

function assertReplaces(type: EventClass, older: EventClass): void {
  assertEventClass(older);
  const { name, version } = type.event;
  if (older.event.name !== name || older.event.version >= version) {
    throw new TypeError(
      `${type.name} (${name} v${version}) cannot replace ${older.name} (${older.event.name} v${older.event.version}): ` +
        'it must be an older version of the same event.',
    );
  }
  if (typeof type.upcast !== 'function') {
    throw new TypeError(
      `${type.name} replaces ${older.name} and needs \`static upcast(old: ${older.name}): ${type.name}\`.`,
    );
  }
}
