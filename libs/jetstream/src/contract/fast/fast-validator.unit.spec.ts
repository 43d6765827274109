import { describe, expect, it } from '@jest/globals';
import { Exclude, plainToInstance, Transform, Type } from 'class-transformer';
import {
  ArrayUnique,
  IS_EMAIL,
  IsArray,
  IsDefined,
  IsEmail,
  isEmail,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Min,
  registerDecorator,
  useContainer,
  Validate,
  validate,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  ValidatorConstraint,
} from 'class-validator';
import { readEvent } from '../contract.js';
import { validatorOf } from './fast-validator.js';
import type { EventClass } from '../event-class.js';

class Everything {
  static readonly event = { name: 'all.ruled', version: 1 };

  @IsUUID()
  id!: string;

  @IsEmail()
  @Length(6, 40)
  email!: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  age?: number | null;

  @IsIn(['a', 'b'])
  kind = 'a';

  @IsArray()
  @ArrayUnique()
  @IsString({ each: true })
  names!: string[];

  @ValidateIf((event: Everything) => event.kind === 'b')
  @IsDefined()
  reason?: unknown;

  @IsString({ validateIf: (_event, value) => value !== 7 })
  seven!: unknown;

  inner = 'not in the contract';
}

const valid = {
  id: '0199d0a0-7c1e-7abc-8def-0123456789ab',
  email: 'ada@example.com',
  names: ['Ada', 'Eve'],
  seven: 7,
};

/** Bodies as they may arrive over the wire. */
const bodies: Record<string, unknown>[] = [
  valid,
  { ...valid, age: 3, kind: 'b', reason: null },
  { ...valid, age: null },
  { ...valid, age: 0 },
  { ...valid, kind: 'b' },
  { ...valid, kind: 'b', reason: 'because' },
  { ...valid, kind: null },
  { ...valid, email: 'ada@' },
  { ...valid, names: ['Ada', 'Ada'] },
  { ...valid, names: [1] },
  { ...valid, names: 'Ada' },
  { ...valid, names: { 0: 'Ada' } },
  { ...valid, names: [] },
  { ...valid, seven: 8 },
  { ...valid, seven: { deeply: ['nested'] } },
  { ...valid, id: 17 },
  { ...valid, unknown: { of: 'tomorrow' }, inner: 'overwritten' },
  { ...valid, constructor: 'x', toString: 'y' },
  JSON.parse(`{ "__proto__": { "id": "x" }, "email": "ada@example.com" }`) as Record<string, unknown>,
  {},
];

const bytesOf = (data: unknown) => Buffer.from(JSON.stringify(data));

describe('a contract', () => {
  it.each(bodies.map((body) => [body]))('is checked as class-validator checks it: %j', async (body) => {
    const expected = plainToInstance(Everything, structuredClone(body));
    const errors = await validate(expected, { whitelist: true, forbidUnknownValues: true });
    const read = () => readEvent(Everything as EventClass<Everything>, bytesOf(body));
    expect(validatorOf(Everything as EventClass).passes(expected)).toBe(errors.length === 0);

    if (errors.length > 0) {
      const fields = [...new Set(errors.map(({ property }) => property))];
      const thrown = await read().catch((error: unknown) => error);
      const { violations } = thrown as { violations: { field: string }[] };
      expect([...new Set(violations.map(({ field }) => field))]).toEqual(fields);
    } else {
      const event = await read();
      expect(event).toBeInstanceOf(Everything);
      expect({ ...event }).toEqual({ ...expected });
    }
  });

  it('checks e-mail addresses as class-validator checks them, however long their parts are', () => {
    class Addressed {
      static readonly event = { name: 'mail.addressed', version: 1 };
      @IsEmail()
      to: unknown;
      @IsOptional()
      @IsEmail({ allow_ip_domain: true })
      cc?: string;
      @IsOptional()
      @IsEmail(undefined, { each: true })
      bcc?: string[];
    }
    const rules = validatorOf(Addressed);
    const passes = (fields: object) => rules.passes(Object.assign(new Addressed(), fields));
    const lengths = [0, 1, 2, 30, 57, 58, 59, 61, 62, 63, 64, 65, 240, 254, 255];
    const parts = ['a', 'é', '漢', '.', '%', '"', ' ', '@', '-', '_', '\n', '\ud800'].flatMap((character) =>
      lengths.flatMap((length) => [character.repeat(length), `x${character.repeat(length)}x`]),
    );
    const addresses = parts.flatMap((part) => [
      part,
      `${part}@a.io`,
      `a@${part}.io`,
      `a@b.${part}`,
      `${part}@${part}`,
    ]);
    const plain = addresses.filter((address) => !address.includes('\ud800'));

    expect(plain.filter((address) => passes({ to: address }) !== isEmail(address))).toEqual([]);
    expect(addresses.filter((address) => passes({ to: address })).length).toBeGreaterThan(100);
    expect(passes({ to: 17 })).toBe(false);
    expect(passes({ to: 'a@b.io', cc: 'a@127.0.0.1' })).toBe(true);
    expect(passes({ to: 'a@127.0.0.1' })).toBe(false);
    expect(passes({ to: 'a@b.io', bcc: ['a@b.io', `${'a'.repeat(65)}@b.io`] })).toBe(false);
  });

  it('calls a custom rule that has the name of the rule for e-mail addresses', () => {
    const strict = { host_whitelist: ['own.io'] };
    class OwnRule {
      static readonly event = { name: 'rule.owned', version: 1 };
      @ValidateBy({ name: IS_EMAIL, validator: { validate: (value) => value === 'our@own.io' } })
      to: unknown;
      @ValidateBy({
        name: IS_EMAIL,
        constraints: [undefined],
        validator: {
          validate: (value, given) => isEmail(value, (given?.constraints[0] as object | undefined) ?? strict),
        },
      })
      from = 'their@own.io';
    }
    const rules = validatorOf(OwnRule);
    expect(rules.passes(Object.assign(new OwnRule(), { to: 'our@own.io' }))).toBe(true);
    expect(rules.passes(Object.assign(new OwnRule(), { to: 'any@other.io' }))).toBe(false);
    expect(rules.passes(Object.assign(new OwnRule(), { to: 'our@own.io', from: 'any@other.io' }))).toBe(
      false,
    );
  });

  it('of flat fields is read and checked without class-validator and class-transformer', () => {
    class Flat {
      static readonly event = { name: 'flat.read', version: 1 };
      @IsString()
      text!: string;
    }
    const rules = validatorOf(Flat);
    const event = rules.instance({ text: 'x', more: 1 });
    expect(event).toEqual(Object.assign(new Flat(), { text: 'x' }));
    expect(rules.passes(event!)).toBe(true);
    expect(rules.passes(Object.assign(new Flat(), { text: 1 }))).toBe(false);
  });

  class Part {
    @IsInt()
    number!: number;
  }
  class Nested {
    static readonly event = { name: 'part.nested', version: 1 };
    @ValidateNested()
    @Type(() => Part)
    part!: Part;
  }
  class Transformed {
    static readonly event = { name: 'field.transformed', version: 1 };
    @Transform(({ value }) => String(value).toUpperCase())
    @IsString()
    text!: string;
  }
  class Excluded {
    static readonly event = { name: 'field.excluded', version: 1 };
    @IsString()
    text!: string;
    @Exclude()
    @IsOptional()
    secret?: string;
  }
  class Accessor {
    static readonly event = { name: 'field.computed', version: 1 };
    @IsString()
    get text(): string {
      return 'computed';
    }
  }

  it.each<[string, EventClass, object, object]>([
    ['nested objects', Nested, { part: { number: 1 } }, { part: { number: 1 } }],
    ['transformations', Transformed, { text: 'loud' }, { text: 'LOUD' }],
    ['excluded fields', Excluded, { text: 'x', secret: 'y' }, { text: 'x' }],
    ['accessors', Accessor, { text: 'given' }, {}],
  ])('with %s is left to class-transformer', async (_what, type, body, read) => {
    expect(validatorOf(type).instance(body)).toBeUndefined();
    expect({ ...(await readEvent(type, bytesOf(body))) }).toEqual(read);
  });

  it('with a setter that has no rule, even an inherited setter, is left to class-transformer', async () => {
    class Setting {
      static readonly event = { name: 'field.set', version: 1 };
      @IsString()
      text!: string;
      set loud(value: string) {
        this.text = value.toUpperCase();
      }
    }
    class Inheriting extends Setting {
      static override readonly event = { name: 'field.inherited', version: 1 };
    }
    for (const type of [Setting, Inheriting]) {
      expect(await readEvent(type, bytesOf({ text: 'given', loud: 'set' }))).toMatchObject({ text: 'SET' });
    }
  });

  it('asks the container for the instance of a rule at each check, as class-validator does', async () => {
    @ValidatorConstraint({ name: 'known' })
    class Known {
      constructor(private readonly names: string[] = []) {}
      validate(name: string): boolean {
        return this.names.includes(name);
      }
    }
    class Naming {
      static readonly event = { name: 'name.given', version: 1 };
      @Validate(Known)
      @IsString()
      name!: string;
    }
    const [first, second] = [new Known(['ada']), new Known(['eve'])];
    let instance = first;
    const container = { get: (type: unknown) => (type === Known ? instance : undefined) };
    useContainer(container, { fallback: true });
    try {
      const isValid = (name: string) => validatorOf(Naming).passes(Object.assign(new Naming(), { name }));
      expect([isValid('ada'), isValid('eve')]).toEqual([true, false]);
      instance = second;
      expect([isValid('ada'), isValid('eve')]).toEqual([false, true]);
    } finally {
      useContainer({ get: () => undefined }, { fallback: true });
    }
  });

  it('with nested rules is left to class-validator', async () => {
    expect(validatorOf(Nested).passes(plainToInstance(Nested, { part: { number: 1 } }))).toBe(false);
    const broken = () => readEvent(Nested as EventClass, bytesOf({ part: { number: 'x' } }));
    await expect(broken()).rejects.toMatchObject({ violations: [{ field: 'part.number' }] });
  });

  it('with asynchronous rules is left to class-validator, even if a rule is not declared as asynchronous', async () => {
    let calls = 0;
    const later = async (value: unknown) => {
      calls += 1;
      await new Promise(setImmediate);
      if (value === 'ill') throw new Error('cannot be checked');
      return value === 'good';
    };
    class Declared {
      static readonly event = { name: 'rule.declared', version: 1 };
      text!: string;
    }
    registerDecorator({
      target: Declared,
      propertyName: 'text',
      async: true,
      name: 'later',
      validator: { validate: later },
    });
    class Undeclared {
      static readonly event = { name: 'rule.undeclared', version: 1 };
      @ValidateBy({ name: 'later', validator: { validate: later as never } })
      text!: string;
    }
    for (const type of [Declared, Undeclared] as EventClass[]) {
      const read = (text: string) => readEvent(type, bytesOf({ text }));
      await expect(read('ill')).rejects.toThrow('cannot be checked');
      expect(await read('good')).toMatchObject({ text: 'good' });
      await expect(read('bad')).rejects.toMatchObject({ violations: [{ field: 'text', rule: 'later' }] });
      calls = 0;
      await read('good');
      expect(calls).toBe(1);
    }
  });

  it('with a rule that returns a thenable, or throws, is left to class-validator', async () => {
    const thenable = { then: (resolve: (holds: boolean) => void) => resolve(false) };
    class Asking {
      static readonly event = { name: 'rule.asked', version: 1 };

      @ValidateBy({ name: 'known', validator: { validate: () => thenable as unknown as Promise<boolean> } })
      id!: string;
    }
    class Throwing {
      static readonly event = { name: 'rule.thrown', version: 1 };

      @ValidateBy({
        name: 'broken',
        validator: {
          validate: () => {
            throw new Error('a fault of the rule');
          },
        },
      })
      id!: string;
    }
    expect(validatorOf(Asking).passes(Object.assign(new Asking(), { id: '1' }))).toBe(false);
    await expect(readEvent(Asking, Buffer.from('{"id":"1"}'))).rejects.toThrow(/breaks its contract/);
    expect(validatorOf(Throwing).passes(Object.assign(new Throwing(), { id: '1' }))).toBe(false);
  });

  it('without any rule is refused', async () => {
    class Ruleless {
      static readonly event = { name: 'rule.missing', version: 1 };
    }
    const read = () => readEvent(Ruleless as EventClass, bytesOf({ text: 'x' }));
    await expect(read()).rejects.toThrow(/breaks its contract/);
  });
});
