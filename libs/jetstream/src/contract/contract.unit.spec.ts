import { describe, expect, it } from '@jest/globals';
import { Transform, Type } from 'class-transformer';
import { IsArray, IsInt, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { readEvent } from './contract.js';
import { InvalidEventError } from '../errors.js';

class Line {
  @IsString()
  readonly sku!: string;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Line)
  readonly parts?: Line[];
}

class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  readonly orderId!: string;

  @IsOptional()
  @IsObject()
  readonly extra?: object;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Line)
  readonly lines?: Line[];
}

const read = (body: string, type: typeof OrderPlaced = OrderPlaced) => readEvent(type, Buffer.from(body));
const failureOf = (body: string, type?: typeof OrderPlaced) =>
  read(body, type).then(
    () => undefined,
    (error: unknown) => error as Error,
  );

describe('an event whose body', () => {
  const keys = JSON.stringify(Object.fromEntries(Array.from({ length: 30_000 }, (_, key) => [`k${key}`, 1])));
  const deep = (begin: string, end: string, depth: number) => `${begin.repeat(depth)}${end.repeat(depth)}`;

  it.each([
    ['has 30,000 keys', `{"orderId":"one","extra":${keys}}`, /more than 10,000 values/],
    ['has 30,000 unknown keys', `{"orderId":"one",${keys.slice(1)}`, /more than 10,000 values/],
    ['has 20,000 broken lines', `{"orderId":"one","lines":[${'{},'.repeat(20_000)}{}]}`, /more than 10,000/],
    ['nests 400,000 arrays', `{"orderId":"one","extra":{"a":${deep('[', ']', 400_000)}}}`, /deeper than 256/],
    ['nests 1,900 arrays', `{"orderId":"one","extra":{"a":${deep('[', ']', 1_900)}}}`, /deeper than 256/],
    ['nests 300 arrays', `{"orderId":"one","extra":{"a":${deep('[', ']', 300)}}}`, /deeper than 256/],
    [
      'nests lines',
      `{"orderId":"one","lines":[${deep('{"sku":"a","parts":[', ']}', 600)}]}`,
      /deeper than 256/,
    ],
  ])('%s is refused within 0.1 s', async (_, body, message) => {
    const begun = process.cpuUsage();
    const error = await failureOf(body);
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(error?.message).toMatch(message);
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(100);
  });

  it('is large and deep within the bounds is read', async () => {
    const lines = Array.from({ length: 3_000 }, () => ({ sku: 'a' }));
    expect((await read(JSON.stringify({ orderId: 'one', lines }))).lines).toHaveLength(3_000);
    const depth = deep('{"sku":"a","parts":[', ']}', 126);
    await expect(read(`{"orderId":"one","lines":[${depth}]}`)).resolves.toBeInstanceOf(OrderPlaced);
  });
});

describe('an event whose body cannot become an instance', () => {
  abstract class Priced {
    get total(): number {
      return 1;
    }
  }
  class Inherits extends Priced {
    static readonly event = { name: 'order.placed', version: 1 };

    @IsString()
    readonly orderId!: string;

    @IsInt()
    override get total(): number {
      return super.total;
    }
  }
  class InheritsOnly extends Priced {
    static readonly event = { name: 'order.placed', version: 1 };

    @IsObject()
    readonly orderId!: object;
  }
  class Transforms {
    static readonly event = { name: 'order.placed', version: 1 };

    @Transform(({ value }: { value: { trim(): string } }) => value.trim())
    @IsString()
    readonly orderId!: string;
  }

  it.each([
    ['has an inherited getter without a setter', InheritsOnly, '{"orderId":{},"total":2}', /total/],
    ['has a @Transform that throws', Transforms, '{"orderId":1}', /trim/],
  ])('is an invalid event if its class %s', async (_, type, body, message) => {
    const error = await failureOf(body, type as never);
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(error?.message).toMatch(/^the body cannot be read as order\.placed\.v1: /);
    expect(error?.message).toMatch(message);
    expect(error?.cause).toBeInstanceOf(TypeError);
  });

  it('is read if its class has the getter itself', async () => {
    await expect(read('{"orderId":"one","total":2}', Inherits as never)).resolves.toMatchObject({ total: 1 });
  });
});
