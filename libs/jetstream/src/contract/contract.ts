import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { boundsFault, isSmall } from './body-bounds.js';
import { validatorOf } from './fast/fast-validator.js';
import { InvalidEventError, type Violation } from '../errors.js';
import { classOf, type EventClass } from './event-class.js';
import { publishedVersion, upcast } from './event-versions.js';
import { typeOf } from '../wire/names.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads an event of class `type` from its JSON. An event of an older version must satisfy the contract of its version, and is
 * then upcast. Unknown fields are left out, so that a newer publisher may add fields without breaking its consumers.
 *
 * @param ceType `ce-type` of the event. If undefined, the event is read in the version of `type`.
 * @throws InvalidEventError if the event cannot be read, or breaks its contract. The error lists every broken rule.
 */
export async function readEvent<Event extends object>(
  type: EventClass<Event>,
  body: Uint8Array,
  ceType?: string,
): Promise<Event> {
  return read(type, body, ceType);
}

/** Reads an event as {@link readEvent} does, but without a promise on the fast path. A promise would cost more than the check. */
export function read<Event extends object>(
  type: EventClass<Event>,
  body: Uint8Array,
  ceType?: string,
): Event | Promise<Event> {
  const published = publishedVersion(type, ceType);
  return published === type ? readVersion(type, body) : readOlder(type, published, body);
}

async function readOlder<Event extends object>(
  type: EventClass<Event>,
  published: EventClass,
  body: Uint8Array,
): Promise<Event> {
  const event = upcast(await readVersion(published, body), type);
  await assertContract(event);
  return event;
}

function readVersion<Event extends object>(
  type: EventClass<Event>,
  body: Uint8Array,
): Event | Promise<Event> {
  const isShort = isSmall(body);
  if (!isShort) assertWithinBounds(body);
  const data = parseObject(body);
  const validator = validatorOf(type);
  const event = validator.instance(data);
  if (event && validator.passes(event)) return event as Event;
  if (isShort) assertWithinBounds(body);
  return readCarefully(type, data);
}

async function readCarefully<Event extends object>(type: EventClass<Event>, data: object): Promise<Event> {
  const event = instanceOf(type, data);
  await assertValid(type, event, { whitelist: true });
  return event;
}

/**
 * Converts data to an instance of `type`.
 *
 * @throws InvalidEventError if a `@Transform` throws, or if a field has the name of an inherited getter. A retry would throw the
 * same error.
 */
function instanceOf<Event extends object>(type: EventClass<Event>, data: object): Event {
  try {
    return plainToInstance(type as unknown as new () => Event, data);
  } catch (cause) {
    const { name, version } = type.event;
    throw new InvalidEventError(
      `the body cannot be read as ${typeOf(name, version)}: ${(cause as Error).message}`,
      [],
      { cause },
    );
  }
}

function assertWithinBounds(body: Uint8Array): void {
  const fault = boundsFault(body);
  if (fault) throw new InvalidEventError(fault);
}

/**
 * Checks an event that is about to be published.
 *
 * @throws InvalidEventError that lists every broken rule
 * @throws TypeError if the object is not an event
 */
export async function assertContract(event: object): Promise<void> {
  await checkContract(event);
}

/**
 * Checks an event as {@link assertContract} does, but without a promise on the fast path. A promise would cost more than the
 * check.
 */
export function checkContract(event: object): Promise<void> | undefined {
  const type = classOf(event);
  return validatorOf(type).passes(event) ? undefined : assertValid(type, event, {});
}

function parseObject(body: Uint8Array): object {
  let data: unknown;
  try {
    data = JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new InvalidEventError(`the body is not JSON in UTF-8: ${(cause as Error).message}`, [], { cause });
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const found = Array.isArray(data) ? 'an array' : data === null ? 'null' : `a ${typeof data}`;
    throw new InvalidEventError(`the body must be a JSON object, found ${found}`);
  }
  return data;
}

async function assertValid(type: EventClass, event: object, options: { whitelist?: boolean }): Promise<void> {
  const errors = await validate(event, { ...options, forbidUnknownValues: true });
  if (errors.length === 0) return;
  const violations = errors.flatMap((error) => violationsOf(error, ''));
  const summary = violations.map((violation) => violation.message).join('; ');
  throw new InvalidEventError(
    `${type.event.name} v${type.event.version} breaks its contract: ${summary}`,
    violations,
  );
}

function violationsOf(error: ValidationError, parent: string): Violation[] {
  const field = parent ? `${parent}.${error.property}` : error.property;
  return [
    ...Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ field, rule, message })),
    ...(error.children ?? []).flatMap((child) => violationsOf(child, field)),
  ];
}
