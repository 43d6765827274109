import type { JsonSchema } from '@cascade/topology';
import { isDeepStrictEqual } from 'node:util';
import type { EventPart, Parts } from './blueprint.js';

/** How the template of a processor fills the event that it answers with, until somebody writes the real code. */
export interface Answer {
  /** Values are code. */
  readonly fields: readonly { readonly field: string; readonly value: string }[];
  readonly usesPayload: boolean;
  readonly usesContext: boolean;
  readonly usesDerivedId: boolean;
}

/**
 * Each field of the golden sample: from the field of the same name and rules of what is consumed; the id of something new from
 * the event's id, and a time from the event's, so that a repetition gives the same; else as in the sample.
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
