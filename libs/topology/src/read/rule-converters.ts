import { ValidationTypes } from 'class-validator';
import {
  defaultConverters,
  type ISchemaConverters,
} from 'class-validator-jsonschema/build/defaultConverters.js';

export type Converter = Extract<ISchemaConverters[string], (...args: never[]) => unknown>;
export type Rule = Parameters<Converter>[0];
type Schema = Extract<ReturnType<Converter>, object>;

/** Rules whose arguments class-validator-jsonschema expresses as keywords. */
const EXPRESSED = new Set([
  ...['equals', 'notEquals', 'isIn', 'isNotIn', 'isEnum', 'isInstance'],
  ...['min', 'max', 'minDate', 'maxDate', 'isDivisibleBy'],
  ...['minLength', 'maxLength', 'isLength'],
  ...['arrayMinSize', 'arrayMaxSize', 'arrayContains', 'arrayNotContains'],
]);

/**
 * Converts class-validator rules to JSON Schema. The converters of class-validator-jsonschema leave out unknown rules, and
 * options that JSON Schema cannot express. These rules and options are added under `x-rules`, so that changes to them are
 * detected.
 */
export const ruleConverters: ISchemaConverters = {
  ...Object.fromEntries(Object.entries(defaultConverters).map(([name, base]) => [name, withArguments(base)])),
  // JSON Schema needs numbers for these keywords, unlike OpenAPI 3.0.
  isPositive: { type: 'number', exclusiveMinimum: 0 as never },
  isNegative: { type: 'number', exclusiveMaximum: 0 as never },
  isRFC3339: { type: 'string', format: 'date-time' },
  matches: ({ constraints }) => {
    const [pattern, modifiers] = constraints as [RegExp | string, string | undefined];
    const { source, flags } = new RegExp(pattern, modifiers);
    // JSON Schema reads patterns with the flag `u`, and supports no other flags.
    const hasKeyword = flags === '' || flags === 'u';
    return {
      type: 'string',
      ...(hasKeyword ? { pattern: source } : ruleSchema('matches', `/${source}/${flags}`)),
    };
  },
  [ValidationTypes.CUSTOM_VALIDATION]: (rule) => ({
    ...primitiveOf(rule),
    ...ruleSchema(rule.type, argumentsOf(rule) ?? true),
  }),
};

export function designType({ target, propertyName }: Rule): unknown {
  return Reflect.getMetadata('design:type', (target as { prototype: object }).prototype, propertyName);
}

function withArguments(base: ISchemaConverters[string]): Converter {
  return (rule, options) => {
    const schema = typeof base === 'function' ? base(rule, options) : base;
    const given = EXPRESSED.has(rule.type) ? undefined : argumentsOf(rule);
    return given ? { ...schema, ...ruleSchema(rule.type, given) } : schema;
  };
}

function ruleSchema(rule: string, value: unknown): Schema {
  return { 'x-rules': { [rule]: value } };
}

/** Returns the arguments of a rule as JSON; undefined if every argument is null or an empty object. */
function argumentsOf({ constraints }: Rule): unknown[] | undefined {
  const text = JSON.stringify(constraints ?? [], (_, value: unknown) =>
    value instanceof RegExp ? String(value) : value,
  );
  const given = JSON.parse(text) as unknown[];
  const isGiven = (value: unknown) =>
    value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);
  return given.some(isGiven) ? given : undefined;
}

function primitiveOf(rule: Rule): Schema {
  const types = new Map<unknown, 'string' | 'number' | 'boolean'>([
    [String, 'string'],
    [Number, 'number'],
    [Boolean, 'boolean'],
  ]);
  const type = rule.each ? undefined : types.get(designType(rule));
  return type ? { type } : {};
}
