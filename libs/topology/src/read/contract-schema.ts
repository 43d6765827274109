import type { EventClass } from '@cascade/jetstream';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { ValidationTypes } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { JsonSchema } from '../topology.js';
import { designType, ruleConverters, type Converter, type Rule } from './rule-converters.js';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

type Class = abstract new (...args: never[]) => object;

/**
 * Returns the JSON Schema of an event class, derived from its class-validator rules. Nested classes are inlined. A rule without a
 * keyword in JSON Schema, such as `@IsLocale()`, is listed under `x-rules` with its name and arguments.
 */
export function contractSchema(type: EventClass): JsonSchema {
  return { $schema: DRAFT, title: type.name, ...objectSchema(type, []) };
}

/**
 * @param within Classes that enclose `type`. If `type` is among these classes, its fields are not expanded, because the schema
 *   would never end.
 */
function objectSchema(type: Class, within: readonly Class[]): JsonSchema {
  if (within.includes(type)) return { type: 'object' };
  const nested: Converter = (rule) => objectSchema(nestedClassOf(rule), [...within, type]);
  const schema = targetConstructorToSchema(type, {
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: {
      ...ruleConverters,
      [ValidationTypes.NESTED_VALIDATION]: nested,
    },
  });
  return sorted({ ...schema }) as JsonSchema;
}

function nestedClassOf(rule: Rule): Class {
  const { target, propertyName } = rule;
  const declared = defaultMetadataStorage.findTypeMetadata(target as Class, propertyName);
  return (declared?.typeFunction() ?? designType(rule)) as Class;
}

/** Sorts keys, which are otherwise in the order of the decorators. The fields under `properties` keep their order. */
function sorted(value: unknown, isProperties = false): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [key, sorted(item, key === 'properties')] as const,
  );
  return Object.fromEntries(isProperties ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
