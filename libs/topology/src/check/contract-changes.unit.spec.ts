import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '../topology.js';
import { contractChanges } from './contract-changes.js';

const changes = (before: JsonSchema, after: JsonSchema) =>
  contractChanges(event({ field: before }), event({ field: after }));

function event(properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema {
  return { type: 'object', properties, required };
}

describe('a contract', () => {
  const text = { type: 'string' };

  it.each<[string, JsonSchema, JsonSchema, string]>([
    ['lost a field', event({ a: text }), event({}), 'a was removed'],
    ['requires a new field', event({}), event({ a: text }, ['a']), 'a is new and required'],
    [
      'requires a formerly optional field',
      event({ a: text }),
      event({ a: text }, ['a']),
      'a is required, was optional',
    ],
  ])('that %s is not compatible', (_, before, after, expected) => {
    const [change, ...others] = contractChanges(before, after);
    expect(`${change!.field} ${change!.what}`).toBe(expected);
    expect(change!.isCompatible).toBe(false);
    expect(others).toEqual([]);
  });

  it.each<[string, JsonSchema, JsonSchema, string]>([
    ['has a new optional field', event({}), event({ a: text }), 'a is new'],
    [
      'no longer requires a field',
      event({ a: text }, ['a']),
      event({ a: text }),
      'a is optional, was required',
    ],
  ])('that %s is compatible', (_, before, after, expected) => {
    const [change, ...others] = contractChanges(before, after);
    expect(`${change!.field} ${change!.what}`).toBe(expected);
    expect(change!.isCompatible).toBe(true);
    expect(others).toEqual([]);
  });

  it('has no changes if only its title or the order of its keys differs', () => {
    const before = { ...event({ a: text, b: { type: 'integer' } }, ['a', 'b']), title: 'Old' };
    const after = { ...event({ b: { type: 'integer' }, a: text }, ['b', 'a']), title: 'New' };
    expect(contractChanges(before, after)).toEqual([]);
  });
});

describe('a field', () => {
  it.each<[string, JsonSchema, JsonSchema]>([
    ['another type', { type: 'string' }, { type: 'integer' }],
    ['whole numbers only', { type: 'number' }, { type: 'integer' }],
    ['a type', {}, { type: 'string' }],
    ['fewer values', { enum: ['a', 'b'] }, { enum: ['a'] }],
    ['an enumeration', { type: 'string' }, { type: 'string', enum: ['a'] }],
    ['a shorter text', { maxLength: 100 }, { maxLength: 50 }],
    ['a limit of length', {}, { maxLength: 50 }],
    ['a longer text', { minLength: 1 }, { minLength: 2 }],
    ['a smaller number', { maximum: 10 }, { maximum: 9 }],
    ['a greater number', { exclusiveMinimum: 0 }, { exclusiveMinimum: 1 }],
    ['fewer items', { maxItems: 3 }, { maxItems: 2 }],
    ['different items', {}, { uniqueItems: true }],
    ['another pattern', { pattern: 'a' }, { pattern: 'b' }],
    ['a pattern', {}, { pattern: 'a' }],
    ['another format', { format: 'date' }, { format: 'date-time' }],
    ['a rule without a keyword', {}, { 'x-rules': { isLocale: true } }],
    ['other arguments of a rule', { 'x-rules': { isBy: [1] } }, { 'x-rules': { isBy: [2] } }],
    ['a keyword that cannot be compared', { anyOf: [{}] }, { anyOf: [{ type: 'string' }] }],
    ['narrower items', { items: { type: 'string' } }, { items: { type: 'string', maxLength: 1 } }],
    [
      'a narrower field within it',
      event({ city: { type: 'string' } }),
      event({ city: { type: 'string', maxLength: 9 } }),
    ],
  ])('that now requires %s is narrower', (_, before, after) => {
    expect(changes(before, after)).toMatchObject([{ isCompatible: false }]);
  });

  it.each<[string, JsonSchema, JsonSchema]>([
    ['any type', { type: 'string' }, {}],
    ['fractions', { type: 'integer' }, { type: 'number' }],
    ['more values', { enum: ['a'] }, { enum: ['a', 'b'] }],
    ['any value', { type: 'string', enum: ['a'] }, { type: 'string' }],
    ['a longer text', { maxLength: 50 }, { maxLength: 100 }],
    ['a text of any length', { minLength: 1 }, {}],
    ['a smaller number', { minimum: 1 }, { minimum: 0 }],
    ['a text of any form', { pattern: 'a', format: 'date' }, { format: 'date' }],
    ['the same items twice', { uniqueItems: true }, {}],
    ['values that a rule refused', { 'x-rules': { isLocale: true } }, {}],
  ])('that now accepts %s is wider', (_, before, after) => {
    expect(changes(before, after)).toMatchObject([{ isCompatible: true }]);
  });

  it('is reported with its path', () => {
    const [before, after] = [{ type: 'string' }, { type: 'integer' }].map((street) =>
      event({ homes: { type: 'array', items: event({ street }) } }),
    );
    expect(contractChanges(before!, after!)).toEqual([
      { field: 'homes[].street', what: 'has type "integer", was "string"', isCompatible: false },
    ]);
  });
});
