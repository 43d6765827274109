import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../topology.js';

/** Difference between two schemas of the same version of an event. */
export interface ContractChange {
  /** Field, such as `address.city`; empty for the event as a whole. `[]` stands for the items of a list. */
  field: string;
  /** Description of the change, to be read after the field, such as `has maxLength 50, was 100`. */
  what: string;
  /**
   * True if every event that was valid stays valid, and no field was removed. Stored events then stay readable, and other
   * services still find the fields that they use.
   */
  isCompatible: boolean;
}

/** Returns every difference, both compatible and incompatible. */
export function contractChanges(before: JsonSchema, after: JsonSchema, field = ''): ContractChange[] {
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [
    ...fieldChanges(before, after, field),
    ...(keywords.has('items')
      ? contractChanges(schemaOf(before.items), schemaOf(after.items), `${field}[]`)
      : []),
    ...[...keywords]
      .filter((keyword) => !ELSEWHERE.has(keyword) && !isDeepStrictEqual(before[keyword], after[keyword]))
      .flatMap((keyword) => keywordChanges(field, keyword, before[keyword], after[keyword])),
  ];
}

/** Keywords that are compared in other functions, or that do not affect which events are valid. */
const ELSEWHERE = new Set(['properties', 'required', 'items', '$schema', 'title', 'description']);

function fieldChanges(before: JsonSchema, after: JsonSchema, parent: string): ContractChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const field = parent ? `${parent}.${name}` : name;
    const [was, is] = [old.get(name), now.get(name)];
    if (!is) return [{ field, what: 'was removed', isCompatible: false }];
    if (!was)
      return [
        { field, what: is.isRequired ? 'is new and required' : 'is new', isCompatible: !is.isRequired },
      ];
    return [...requirementChanges(field, was, is), ...contractChanges(was.schema, is.schema, field)];
  });
}

interface Field {
  schema: JsonSchema;
  isRequired: boolean;
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema): Map<string, Field> {
  const isRequired = (name: string) => (required as string[]).includes(name);
  return new Map(
    Object.entries(properties as Record<string, JsonSchema>).map(([name, schema]) => [
      name,
      { schema, isRequired: isRequired(name) },
    ]),
  );
}

function requirementChanges(field: string, was: Field, is: Field): ContractChange[] {
  if (was.isRequired === is.isRequired) return [];
  const what = is.isRequired ? 'is required, was optional' : 'is optional, was required';
  return [{ field, what, isCompatible: !is.isRequired }];
}

/** @param before,after Values of a keyword before and after the change. */
function keywordChanges(field: string, keyword: string, before: unknown, after: unknown): ContractChange[] {
  if (keyword === 'x-rules') {
    const [old, now] = [schemaOf(before), schemaOf(after)];
    return [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((rule) => !isDeepStrictEqual(old[rule], now[rule]))
      .map((rule) => valueChange(field, rule, old[rule], now[rule], now[rule] === undefined));
  }
  const removed = keyword === 'enum' && after !== undefined ? removedFrom(before, after) : [];
  if (removed.length > 0) {
    const values = removed.map((value) => JSON.stringify(value)).join(', ');
    return [{ field, what: `no longer allows ${values}`, isCompatible: false }];
  }
  return [valueChange(field, keyword, before, after, isWider(keyword, before, after))];
}

function valueChange(
  field: string,
  name: string,
  before: unknown,
  after: unknown,
  isCompatible: boolean,
): ContractChange {
  const [was, is] = [before, after].map((value) => (value === undefined ? 'none' : JSON.stringify(value)));
  return { field, what: `has ${name} ${is}, was ${was}`, isCompatible };
}

const MINIMA = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'];
const MAXIMA = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'];

/** Returns true if a keyword accepts more values than before. A pattern or a format becomes wider only if it is removed. */
function isWider(keyword: string, before: unknown, after: unknown): boolean {
  if (after === undefined) return true;
  if (before === undefined) return false;
  if (keyword === 'type') return before === 'integer' && after === 'number';
  if (MINIMA.includes(keyword)) return (after as number) <= (before as number);
  if (MAXIMA.includes(keyword)) return (after as number) >= (before as number);
  return keyword === 'enum';
}

function removedFrom(before: unknown, after: unknown): unknown[] {
  const kept = new Set(after as unknown[]);
  return ((before ?? []) as unknown[]).filter((value) => !kept.has(value));
}

function schemaOf(value: unknown): JsonSchema {
  return (value ?? {}) as JsonSchema;
}
