import { APP_FILTER } from '@nestjs/core';
import {
  Body,
  Catch,
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  Post,
  UsePipes,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Max, ValidateNested } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ServiceConfig } from '../config/service-config.js';
import { createService } from '../process/create-service.js';
import { RequestValidationPipe } from './request-validation.pipe.js';

class Address {
  @IsString()
  city!: string;
}

class Order {
  @IsString()
  @Length(1, 10)
  item!: string;

  @IsInt()
  @Max(5)
  count: number = 1;

  @ValidateNested()
  @Type(() => Address)
  address: Address = Object.assign(new Address(), { city: 'London' });
}

class OutOfStockError extends Error {}

@Controller('orders')
@UsePipes(RequestValidationPipe)
class OrdersController {
  @Post()
  order(@Body() order: Order): object {
    return { isOrder: order instanceof Order, order };
  }

  @Get('broken')
  broken(): never {
    throw new TypeError('a secret of the service');
  }

  @Get('away')
  away(): never {
    throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  }

  @Get('out-of-stock')
  outOfStock(): never {
    throw new OutOfStockError();
  }
}

@Injectable()
@Catch(OutOfStockError)
class OutOfStockFilter implements ExceptionFilter {
  catch(_error: OutOfStockError, host: ArgumentsHost): void {
    void host.switchToHttp().getResponse<FastifyReply>().status(409).send({ sold: 'out' });
  }
}

@Module({
  controllers: [OrdersController],
  providers: [{ provide: APP_FILTER, useClass: OutOfStockFilter }],
})
class OrdersModule {}

const config = Object.assign(new ServiceConfig(), { port: 0, nodeEnv: 'test', logLevel: 'fatal' });

describe('the HTTP side of a service', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    app = await createService(OrdersModule, config);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    Logger.overrideLogger(true);
  });

  interface Answer {
    status: number;
    type: string | null;
    headers: Headers;
    body: Record<string, unknown> & { errors?: { field: string; rule: string; message: string }[] };
  }

  async function send(path: string, init?: RequestInit): Promise<Answer> {
    const response = await fetch(url + path, init);
    const type = response.headers.get('content-type');
    return {
      status: response.status,
      type,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  }

  function post(body: unknown, type = 'application/json'): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return send('/orders', { method: 'POST', headers: { 'content-type': type }, body: text });
  }

  it('passes an instance of the class with its defaults', async () => {
    expect((await post({ item: 'tea' })).body).toEqual({
      isOrder: true,
      order: { item: 'tea', count: 1, address: { city: 'London' } },
    });
  });

  it('names every broken rule, even of nested and unknown fields', async () => {
    const { status, type, body } = await post({ item: '', count: 7, size: 'L', address: { city: 4 } });
    expect(status).toBe(400);
    expect(type).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
    expect(body.errors).toHaveLength(4);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { field: 'item', rule: 'isLength', message: expect.stringContaining('longer than or equal to 1') },
        { field: 'count', rule: 'max', message: expect.any(String) },
        { field: 'size', rule: 'isKnown', message: 'size is not a known field' },
        { field: 'address.city', rule: 'isString', message: expect.any(String) },
      ]),
    );
  });

  it('converts no types', async () => {
    const { status, body } = await post({ item: 5, count: '3' });
    expect(status).toBe(400);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: 'item', rule: 'isString' }),
        expect.objectContaining({ field: 'count', rule: 'isInt' }),
      ]),
    );
  });

  const brokenByNothing = [
    expect.objectContaining({ field: 'item', rule: 'isLength' }),
    expect.objectContaining({ field: 'item', rule: 'isString' }),
  ];

  it.each([
    ['no body', { method: 'POST' }],
    ['an empty body', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '' }],
  ])('lists the rules that %s breaks', async (_what, init) => {
    const { status, body } = await send('/orders', init);
    expect(status).toBe(400);
    expect(body.errors).toEqual(expect.arrayContaining(brokenByNothing));
  });

  it.each(['[]', '[{"item":"tea"}]', '7', '"tea"', 'true', 'null'])('refuses the body %s', async (text) => {
    const { status, body } = await post(text);
    expect(status).toBe(400);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: 'body', rule: 'isObject' }),
        ...brokenByNothing,
      ]),
    );
  });

  it.each([
    ['{"item":', 'isJson'],
    ['{"item":"tea","__proto__":{"count":9}}', 'isSafe'],
    ['{"item":"tea","constructor":{"prototype":{"count":9}}}', 'isSafe'],
  ])('refuses the text %s', async (text, rule) => {
    const { status, type, body } = await post(text);
    expect(status).toBe(400);
    expect(type).toMatch(/^application\/problem\+json/);
    expect(body.errors).toEqual([expect.objectContaining({ field: 'body', rule })]);
  });

  it.each([
    ['nests 1,800 objects', `${'{"item":'.repeat(1_800)}1${'}'.repeat(1_800)}`],
    ['nests 3,000 arrays in a field', `{"address":${'['.repeat(3_000)}${']'.repeat(3_000)}}`],
    ['nests deeper than 20 levels', `${'{"address":'.repeat(21)}1${'}'.repeat(21)}`],
    ['has 1,500 keys', JSON.stringify(Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [i, 1])))],
    ['has 501 keys and elements', JSON.stringify({ item: Array.from({ length: 500 }, () => 1) })],
  ])('refuses at once a body that %s', async (_what, text) => {
    const { status, body } = await post(text);
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      {
        field: 'body',
        rule: 'isBounded',
        message: 'body must not nest deeper than 20 levels, nor have more than 500 keys and array elements',
      },
    ]);
  });

  it.each([
    ['20 levels', `${'{"address":'.repeat(20)}1${'}'.repeat(20)}`],
    ['500 keys and elements', JSON.stringify({ item: Array.from({ length: 499 }, () => 1) })],
  ])('validates a body of %s', async (_what, text) => {
    const { status, body } = await post(text);
    expect(status).toBe(400);
    expect(body.errors).not.toContainEqual(expect.objectContaining({ field: 'body' }));
  });

  it('refuses a body over 16 KB, and accepts a body of 16 KB', async () => {
    const padding = (size: number) => `{"item":"tea"${' '.repeat(size - 14)}}`;
    expect(await post(padding(16 * 1024))).toMatchObject({ status: 201 });
    const { status, type, body } = await post(padding(16 * 1024 + 1));
    expect(status).toBe(413);
    expect(type).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ title: 'Payload Too Large', detail: expect.stringContaining('16 KB') });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'refuses the content type %s',
    async (type) => {
      const answer = await post('item=tea', type);
      expect(answer).toMatchObject({ status: 415, body: { status: 415 } });
      expect(answer.type).toMatch(/^application\/problem\+json/);
    },
  );

  it.each([
    ['/nowhere', 404],
    ['/%zz', 400],
  ])('answers %s with a problem', async (path, status) => {
    const answer = await send(path);
    expect(answer).toMatchObject({ status, body: { status } });
    expect(answer.type).toMatch(/^application\/problem\+json/);
  });

  it('hides the details of an unexpected error', async () => {
    const { status, body } = await send('/orders/broken');
    expect(status).toBe(500);
    expect(body).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 });
  });

  it('asks clients to try again while the database is down', async () => {
    const { status, headers } = await send('/orders/away');
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it("leaves an error to the service's own filter if the service has a filter", async () => {
    expect(await send('/orders/out-of-stock')).toMatchObject({ status: 409, body: { sold: 'out' } });
  });
});
