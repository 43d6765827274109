import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../topology.js';

/** A difference between two schemas of the same version of an event. */
export interface ContractChange {
  /** The field, such as `address.city`; `[]` stands for the items of a list. Empty for the event as a whole. */
  field: string;
  /** The change, to be read after the field: `has maxLength 50, was 100`. */
  what: string;
  /**
   * True if every event that is valid by the old schema is valid by the new one, and no field was removed. Stored events then stay
   * readable, and other services find the fields that they use.
   */
  isCompatible: boolean;
}

type Judge = (before: unknown, after: unknown) => Omit<ContractChange, 'field'>[];

/** Every difference, compatible or not. */
export function contractChanges(before: JsonSchema, after: JsonSchema, field = ''): ContractChange[] {
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [
    ...fieldChanges(before, after, field),
    ...(keywords.has('items')
      ? contractChanges(schemaOf(before.items), schemaOf(after.items), `${field}[]`)
      : []),
    ...[...keywords]
      .filter((keyword) => !ELSEWHERE.has(keyword) && !isDeepStrictEqual(before[keyword], after[keyword]))
      .flatMap((keyword) => judgeOf(keyword)(before[keyword], after[keyword]))
      .map((change) => ({ field, ...change })),
  ];
}

/** Keywords that are compared elsewhere, or that do not change which events are valid. */
const ELSEWHERE = new Set(['properties', 'required', 'items', '$schema', 'title', 'description']);

function fieldChanges(before: JsonSchema, after: JsonSchema, parent: string): ContractChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const field = parent ? `${parent}.${name}` : name;
    const [was, is] = [old.get(name), now.get(name)];
    if (!is) return [{ field, what: 'is gone', isCompatible: false }];
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

const JUDGES: Record<string, Judge> = {
  type: (before, after) => [
    replaced('type', before, after, after === undefined || (before === 'integer' && after === 'number')),
  ],
  enum: (before, after) => {
    const gone = listOf(before).filter((value) => !listOf(after).includes(value));
    if (before === undefined) return [replaced('enum', before, after, false)];
    if (after === undefined || gone.length === 0) return [replaced('enum', before, after, true)];
    return [
      {
        what: `no longer allows ${gone.map((value) => JSON.stringify(value)).join(', ')}`,
        isCompatible: false,
      },
    ];
  },
  uniqueItems: (before, after) => [replaced('uniqueItems', before, after, after !== true)],
  'x-rules': (before, after) => {
    const [old, now] = [before ?? {}, after ?? {}] as Record<string, unknown>[];
    return [...new Set([...Object.keys(old!), ...Object.keys(now!)])]
      .filter((rule) => !isDeepStrictEqual(old![rule], now![rule]))
      .map((rule) => replaced(rule, old![rule], now![rule], now![rule] === undefined));
  },
  ...limits(
    ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'],
    (was, is) => is <= was,
  ),
  ...limits(
    ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'],
    (was, is) => is >= was,
  ),
};

/** Without a judge of its own, a keyword such as a pattern or a format is compatible only if it is removed. */
function judgeOf(keyword: string): Judge {
  const judge = Object.hasOwn(JUDGES, keyword) ? JUDGES[keyword] : undefined;
  return judge ?? ((before, after) => [replaced(keyword, before, after, after === undefined)]);
}

function limits(keywords: string[], isWider: (was: number, is: number) => boolean): Record<string, Judge> {
  const judge =
    (keyword: string): Judge =>
    (before, after) => [
      replaced(
        keyword,
        before,
        after,
        after === undefined || (before !== undefined && isWider(before as number, after as number)),
      ),
    ];
  return Object.fromEntries(keywords.map((keyword) => [keyword, judge(keyword)]));
}

function replaced(
  keyword: string,
  before: unknown,
  after: unknown,
  isCompatible: boolean,
): Omit<ContractChange, 'field'> {
  const [was, is] = [before, after].map((value) => (value === undefined ? 'none' : JSON.stringify(value)));
  return { what: `has ${keyword} ${is}, was ${was}`, isCompatible };
}

function schemaOf(value: unknown): JsonSchema {
  return (value ?? {}) as JsonSchema;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
