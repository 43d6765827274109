import { isEventName } from './names.js';

/** A class whose instances are events. Its rules are class-validator decorators on its fields. */
export interface EventClass<Event extends object = object> {
  new (...args: never[]): Event;
  /** Declared once, at the class: `static readonly event = { name: 'user.signed-up', version: 1 }`. */
  readonly event: { readonly name: string; readonly version: number };
}

/**
 * The class of an event.
 *
 * @throws TypeError where the object is not an instance of a class with a valid `static event`
 */
export function classOf(event: object): EventClass {
  const type = event.constructor as unknown as EventClass;
  assertEventClass(type);
  return type;
}

/** @throws TypeError where the class declares no valid `static event` */
export function assertEventClass(type: EventClass): void {
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
}
