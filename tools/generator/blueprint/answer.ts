import type { JsonSchema } from '@cascade/topology';
import { isDeepStrictEqual } from 'node:util';
import type { EventPart, Parts } from './parts.js';

/** Values of the event that a generated processor publishes, until a developer writes the real code. */
export interface Answer {
  /** Fields of the event, each with the code of its value. */
  readonly fields: readonly { readonly field: string; readonly value: string }[];
  readonly usesPayload: boolean;
  readonly usesContext: boolean;
  readonly usesDerivedId: boolean;
}

/**
 * Chooses the code for each field of the golden sample, in this order of preference:
 * - the consumed event's field, if it is required and has the same name and schema
 * - an id that is derived from the consumed event's id, for the id of a new event
 * - the consumed event's time, for a time
 * - the sample's value, for any other field
 *
 * A redelivery therefore gives the same result.
 */
export function answerOf({ name, consumes, failuresOf, newEvents }: Parts, publishes: EventPart): Answer {
  const given = failuresOf ? {} : requiredFields(consumes.schema);
  const { idField } = newEvents.find(({ event }) => event === publishes.event) ?? {};
  const schemas = fieldsOf(publishes.schema);
  const fields = Object.entries(publishes.sample).map(([field, sample]) => {
    const schema = schemas[field];
    if (given[field] && isDeepStrictEqual(given[field], schema)) return { field, value: `event.${field}` };
    if (field === idField) return { field, value: `derivedEventId(context.eventId, '${name}', 0)` };
    if (schema?.format === 'date-time') return { field, value: 'context.time.toISOString()' };
    return { field, value: JSON.stringify(sample) };
  });
  const uses = (code: string) => fields.some(({ value }) => value.includes(code));
  return {
    fields,
    usesPayload: uses('event.'),
    usesContext: uses('context.'),
    usesDerivedId: uses('derivedEventId('),
  };
}

function fieldsOf({ properties }: JsonSchema): Record<string, JsonSchema | undefined> {
  return (properties ?? {}) as Record<string, JsonSchema>;
}

function requiredFields(schema: JsonSchema): Record<string, JsonSchema | undefined> {
  const required = (schema.required ?? []) as string[];
  return Object.fromEntries(Object.entries(fieldsOf(schema)).filter(([field]) => required.includes(field)));
}
