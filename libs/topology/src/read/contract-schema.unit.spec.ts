import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsLocale,
  IsOptional,
  IsPositive,
  IsRFC3339,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { contractSchema } from './contract-schema.js';

class Address {
  @IsString()
  readonly city!: string;
}

class Crate {
  @ValidateNested({ each: true })
  @Type(() => Crate)
  readonly crates!: Crate[];
}

class ParcelSent {
  static readonly event = { name: 'parcel.sent', version: 1 };

  @IsString()
  @Length(2, 10)
  readonly code!: string;

  @IsOptional()
  @IsInt()
  @Max(9)
  readonly stamps?: number;

  @IsUUID('7')
  readonly id!: string;

  @IsEmail({ host_whitelist: ['example.com'] })
  readonly email!: string;

  @IsPositive()
  readonly weight!: number;

  @IsIn(['air', 'sea'])
  readonly by!: string;

  @IsRFC3339()
  readonly sentAt!: string;

  @Matches(/^[a-z]+$/)
  readonly lower!: string;

  @Matches(/^[a-z]+$/i)
  readonly letters!: string;

  @IsLocale()
  readonly locale!: string;

  @IsBoolean()
  @ValidateBy({ name: 'isSigned', constraints: ['in ink'], validator: { validate: () => true } })
  readonly signed!: boolean;

  @IsArray()
  @ArrayMaxSize(3)
  @IsString({ each: true })
  readonly labels!: string[];

  @ValidateNested()
  @Type(() => Address)
  readonly to!: Address;

  @ValidateNested({ each: true })
  @Type(() => Address)
  readonly via!: Address[];

  @ValidateNested()
  @Type(() => Crate)
  readonly crate!: Crate;
}

describe('the JSON Schema of a contract', () => {
  const schema = contractSchema(ParcelSent);
  const address = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

  it('uses draft 2020-12, and requires fields that are not optional', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'ParcelSent',
      type: 'object',
    });
    expect(schema['required']).not.toContain('stamps');
    expect(schema['required']).toHaveLength(14);
  });

  it.each([
    ['code', { type: 'string', minLength: 2, maxLength: 10 }],
    ['stamps', { type: 'integer', maximum: 9 }],
    ['weight', { type: 'number', exclusiveMinimum: 0 }],
    ['by', { type: 'string', enum: ['air', 'sea'] }],
    ['sentAt', { type: 'string', format: 'date-time' }],
    ['lower', { type: 'string', pattern: '^[a-z]+$' }],
    ['labels', { type: 'array', items: { type: 'string' }, maxItems: 3 }],
    ['to', address],
    ['via', { type: 'array', items: address }],
  ])('has the rules of %s', (field, expected) => {
    expect((schema['properties'] as Record<string, unknown>)[field]).toEqual(expected);
  });

  it.each([
    ['letters', { type: 'string', 'x-rules': { matches: '/^[a-z]+$/i' } }],
    ['locale', { type: 'string', 'x-rules': { isLocale: true } }],
    ['id', { type: 'string', format: 'uuid', 'x-rules': { isUuid: ['7'] } }],
    [
      'email',
      { type: 'string', format: 'email', 'x-rules': { isEmail: [{ host_whitelist: ['example.com'] }] } },
    ],
    ['signed', { type: 'boolean', 'x-rules': { isSigned: ['in ink'] } }],
  ])('has the rules of %s without a keyword under `x-rules`', (field, expected) => {
    expect((schema['properties'] as Record<string, unknown>)[field]).toEqual(expected);
  });

  it('does not follow a class that contains itself', () => {
    expect((schema['properties'] as Record<string, unknown>)['crate']).toEqual({
      type: 'object',
      properties: { crates: { type: 'array', items: { type: 'object' } } },
      required: ['crates'],
    });
  });
});
