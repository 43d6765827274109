import { InvalidEventError, readEvent, type EventClass, type Violation } from '@cascade/jetstream';
import { getMetadataStorage } from 'class-validator';
import { CommandError } from '../errors.js';

/**
 * Parses an event that a user typed. Refuses unknown fields, which are probably misspelled. A consumer would ignore unknown
 * fields.
 *
 * @throws CommandError that lists every broken rule, or the reason why the event cannot be read
 */
export async function parseEvent(type: EventClass, json: string): Promise<object> {
  const unknown = unknownFields(type, json);
  try {
    const event = await readEvent(type, Buffer.from(json));
    if (unknown.length === 0) return event;
    throw refusal(type, unknown);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    if (error.violations.length === 0) throw new CommandError(`The event cannot be read: ${error.message}.`);
    throw refusal(type, [...error.violations, ...unknown], error);
  }
}

function unknownFields(type: EventClass, json: string): Violation[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const known = new Set(rules.map(({ propertyName }) => propertyName));
  return fieldsIn(json)
    .filter((field) => !known.has(field))
    .map((field) => ({
      field,
      rule: 'unknown',
      message: `the contract has no such field; it has ${[...known].join(', ')}`,
    }));
}

function fieldsIn(json: string): string[] {
  try {
    return Object.keys((JSON.parse(json) ?? {}) as object);
  } catch {
    return [];
  }
}

function refusal(type: EventClass, violations: readonly Violation[], cause?: unknown): CommandError {
  const { name, version } = type.event;
  const lines = violations.map(({ field, rule, message }) => `  ${field} (${rule}): ${message}`);
  return new CommandError(
    [`The event breaks the contract of ${name} v${version}:`, ...lines].join('\n'),
    ['Nothing was published.'],
    { cause },
  );
}
