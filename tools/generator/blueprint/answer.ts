import type { JsonSchema } from '@cascade/topology';
import { isDeepStrictEqual } from 'node:util';
import type { EventPart, Parts } from './parts.js';

/** How a generated processor fills the event that it publishes, until someone writes the real code. */
export interface Answer {
  /** Values are code. */
  readonly fields: readonly { readonly field: string; readonly value: string }[];
  readonly usesPayload: boolean;
  readonly usesContext: boolean;
  readonly usesDerivedId: boolean;
}

/**
 * Chooses the code for each field of the golden sample: the consumed event's field of the same name and schema, if it has one.
 * Otherwise, a new id is derived from the event's id, and a time is the event's time, so a redelivery gives the same result.
 * Any other field has the sample's value.
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
