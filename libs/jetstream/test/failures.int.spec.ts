import { Consumes, EventContext, UnrecoverableError, type EventFailed } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { headers } from '@nats-io/transport-node';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

const quick = { initial: 20, factor: 1, max: 20 };

class NoSuchCustomer extends Error {}

describe('an event whose handling fails', () => {
  const transport = useTransport();

  const failures = async (processor: string, count = 1): Promise<EventFailed[]> => {
    const messages = await transport.stored('FAILURES', `failed.${processor}.order.placed`, count);
    return messages.map((message) => message.json<EventFailed>());
  };

  const failure = (processor: string, matches: (failure: EventFailed) => boolean): Promise<EventFailed> =>
    eventually(async () => {
      const found = (await failures(processor)).find(matches);
      if (!found) throw new Error(`no such failure event of ${processor}`);
      return found;
    });

  it('is retried after a backoff, with the same id and a higher attempt, until it succeeds', async () => {
    const attempts: EventContext[] = [];
    @Controller()
    class Flaky {
      @Consumes(OrderPlaced, { processor: 'flaky', publishes: [OrderConfirmed], backoff: quick })
      confirm(@Payload() event: OrderPlaced, @Ctx() context: EventContext): OrderConfirmed {
        attempts.push(context);
        if (context.attempt < 3) throw new Error('not yet');
        return new OrderConfirmed({ orderId: event.orderId });
      }
    }
    await transport.run({ controllers: [Flaky] });
    transport.publish('events.order.placed', { orderId: 'flaky', amount: 1 }, { 'x-tenant': 'blue' });

    await transport.stored('EVENTS', 'events.order.confirmed', 1);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(attempts.map(({ eventId }) => eventId)).size).toBe(1);
    expect(new Set(attempts.map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(attempts[2]).toMatchObject({ subject: 'events.order.placed', headers: { 'x-tenant': 'blue' } });
    await eventually(async () => expect(await transport.read('RETRIES', 'retry.>')).toEqual([]));
    expect(await transport.read('FAILURES', 'failed.flaky.>')).toEqual([]);
  });

  it('becomes a failure event after the last attempt, with the whole original', async () => {
    let handled = 0;
    @Controller()
    class Broken {
      @Consumes(OrderPlaced, { processor: 'broken', attempts: 3, backoff: quick })
      fail(): void {
        handled += 1;
        throw new TypeError('no luck', { cause: new Error('the reason') });
      }
    }
    await transport.run({ controllers: [Broken] });
    transport.publish('events.order.placed', '{"orderId":"broken","amount":1}', {
      'ce-id': 'b-1',
      'ce-correlationid': 'flow-b',
    });

    const found = await failure('broken', ({ original }) => original.eventId === 'b-1');
    expect(found).toMatchObject({
      processor: 'broken',
      reason: 'attempts-exhausted',
      attempts: 3,
      error: { name: 'TypeError', message: 'no luck', cause: { message: 'the reason' } },
      original: {
        stream: 'EVENTS',
        subject: 'events.order.placed',
        headers: { 'ce-id': ['b-1'], 'ce-correlationid': ['flow-b'] },
        body: { encoding: 'utf-8', data: '{"orderId":"broken","amount":1}' },
      },
    });
    expect(found.error.stack).toContain('failures.int.spec');
    expect(Date.parse(found.lastAttemptAt)).toBeGreaterThan(Date.parse(found.firstAttemptAt));
    const [message] = (await transport.read('FAILURES', 'failed.broken.order.placed')).slice(-1);
    expect(message!.header.get('ce-type')).toBe('event.failed.v1');
    expect(message!.header.get('ce-correlationid')).toBe('flow-b');
    expect(message!.header.get('ce-causationid')).toBe('b-1');
    await transport.settled('broken');
    expect(handled % 3).toBe(0);
  });

  it('becomes a failure event that describes the thrown value, whatever it is', async () => {
    const circular: Record<string, unknown> = { code: 'E1' };
    circular['self'] = circular;
    const thrown: Record<string, unknown> = {
      circular,
      cause: new Error('odd', { cause: circular }),
      bigint: Object.assign(new Error('odd'), { violations: [{ field: 1n }] }),
      message: Object.assign(new Error(), { message: { code: 'E2' } }),
      aggregate: new AggregateError([new Error('E3')]),
    };
    @Controller()
    class Odd {
      @Consumes(OrderPlaced, { processor: 'odd', attempts: 1, pause: false })
      fail(@Payload() { orderId }: OrderPlaced): void {
        if (orderId in thrown) throw thrown[orderId];
      }
    }
    await transport.run({ controllers: [Odd] });
    for (const orderId of Object.keys(thrown))
      transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': orderId });

    const found = await eventually(async () => {
      const all = await failures('odd', 5);
      return Object.fromEntries(all.map(({ original, error }) => [original.eventId, error]));
    });
    expect(found).toMatchObject({
      circular: { name: 'object', message: expect.stringContaining('E1') },
      cause: { name: 'Error', message: 'odd', cause: { message: expect.stringContaining('E1') } },
      bigint: { name: 'Error', message: 'odd', violations: [{ field: '1n' }] },
      message: { name: 'Error', message: expect.stringContaining('E2') },
      aggregate: { name: 'AggregateError', message: 'E3', errors: [{ name: 'Error', message: 'E3' }] },
    });
  });

  it('is dead-lettered immediately if the handler or the declaration says that no retry can help', async () => {
    const attempts: number[] = [];
    @Controller()
    class Hopeless {
      @Consumes(OrderPlaced, { processor: 'hopeless', unrecoverable: [NoSuchCustomer] })
      fail(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
        attempts.push(context.attempt);
        if (event.orderId === 'declared') throw new NoSuchCustomer('unknown customer');
        throw new UnrecoverableError('never');
      }
    }
    await transport.run({ controllers: [Hopeless] });
    transport.publish('events.order.placed', { orderId: 'declared', amount: 1 });

    const found = await failure('hopeless', ({ error }) => error.name === 'NoSuchCustomer');
    expect(found).toMatchObject({
      reason: 'unrecoverable',
      attempts: 1,
      error: { message: 'unknown customer' },
    });
    expect(attempts.every((attempt) => attempt === 1)).toBe(true);
  });

  it('is dead-lettered if the handler returns an undeclared event, or an event that breaks its contract', async () => {
    @Controller()
    class Liar {
      @Consumes(OrderPlaced, { processor: 'liar', publishes: [OrderConfirmed] })
      answer(@Payload() event: OrderPlaced): OrderConfirmed {
        if (event.orderId === 'undeclared') return new OrderPlaced({ orderId: 'x', amount: 1 });
        if (event.orderId === 'boundless')
          return Object.assign(new OrderConfirmed({ orderId: 'x' }), { list: Array(10_001).fill(1) });
        return new OrderConfirmed({ orderId: '' });
      }
    }
    await transport.run({ controllers: [Liar] });
    transport.publish('events.order.placed', { orderId: 'undeclared', amount: 1 });
    transport.publish('events.order.placed', { orderId: 'empty', amount: 1 });
    transport.publish('events.order.placed', { orderId: 'boundless', amount: 1 });

    await eventually(async () => {
      const errors = (await failures('liar', 3)).map(({ error }) => error);
      expect(errors.find(({ message }) => message.includes('10,000'))?.name).toBe('UnrecoverableError');
      expect(errors.find(({ name }) => name === 'UndeclaredEventError')?.message).toContain('OrderPlaced');
      expect(errors.find(({ name }) => name === 'UnrecoverableError')?.message).toContain('orderId');
    });
  });

  it('carries the largest event that services publish, whatever characters it has', async () => {
    @Controller()
    class Large {
      @Consumes(OrderPlaced, { processor: 'large', attempts: 1, pause: false })
      fail(): void {
        throw new Error('x'.repeat(20_000), { cause: new Error('y'.repeat(20_000)) });
      }
    }
    const application = await transport.run({ controllers: [Large] });
    const publisher = transport.publisherOf(application);
    for (const [id, character, count] of [
      ['quotes', '"', 337_000],
      ['letters', 'é', 337_000],
      ['controls', '\u0001', 112_000],
    ] as const) {
      const event = new OrderPlaced({ orderId: id, amount: 1, note: character.repeat(count) });
      await publisher.publish(event, { id });
      const { original } = await failure('large', ({ original: { eventId } }) => eventId === id);
      expect(JSON.parse(Buffer.from(original.body!.data, original.body!.encoding).toString())).toEqual({
        ...event,
      });
    }
  });

  it('does not delay other events while it waits for its next attempt', async () => {
    const done: string[] = [];
    @Controller()
    class Waiting {
      @Consumes(OrderPlaced, {
        processor: 'waiting',
        concurrency: 2,
        // Without this option, thirty failures in a row would open the circuit breaker.
        pause: false,
        backoff: { initial: 60_000, max: 60_000 },
      })
      handle(@Payload() event: OrderPlaced): void {
        if (event.note === 'poison') throw new Error('poison');
        done.push(event.orderId);
      }
    }
    await transport.run({ controllers: [Waiting] });
    for (let number = 0; number < 30; number++) {
      transport.publish('events.order.placed', { orderId: `p-${number}`, amount: 1, note: 'poison' });
    }
    transport.publish('events.order.placed', { orderId: 'good', amount: 1 });

    await eventually(async () => {
      expect(done).toContain('good');
      expect(await transport.read('RETRIES', 'retry.waiting.sch.*')).toHaveLength(30);
      expect(await transport.backlog('waiting')).toEqual({ inFlight: 0, waiting: 0 });
    });
  });

  describe('because it is not an event of its channel', () => {
    const handled: OrderPlaced[] = [];
    @Controller()
    class Strict {
      @Consumes(OrderPlaced, { processor: 'strict', backoff: quick })
      handle(@Payload() event: OrderPlaced): void {
        handled.push(event);
      }
    }
    const good = { orderId: 'good', amount: 1 };
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, key) => [key, 1]));
    const cases: [string, string | Uint8Array, Record<string, string>, RegExp][] = [
      ['not JSON', '{"orderId":', {}, /not JSON/],
      ['not UTF-8', Uint8Array.of(0xff, 0xfe, 0x00), {}, /not JSON in UTF-8/],
      ['empty', '', {}, /not JSON/],
      ['an array', '[1]', {}, /must be a JSON object, found an array/],
      ['a number', '42', {}, /found a number/],
      ['null', 'null', {}, /found null/],
      ['without its fields', '{}', {}, /orderId.*amount/],
      ['with a field of the wrong type', '{"orderId":"x","amount":"1"}', {}, /amount must be an integer/],
      [
        'of an unknown major version',
        JSON.stringify(good),
        { 'ce-type': 'order.placed.v2' },
        /major version 2/,
      ],
      [
        'of another type',
        JSON.stringify(good),
        { 'ce-type': 'order.shipped.v1' },
        /ce-type must be order\.placed\.v1/,
      ],
      ['of another CloudEvents version', JSON.stringify(good), { 'ce-specversion': '0.3' }, /ce-specversion/],
      ['with a control character in a header', JSON.stringify(good), { 'ce-id': 'a\u0007b' }, /"ce-id"/],
      ['with a non-ASCII header', JSON.stringify(good), { 'x-name': 'Zoë' }, /"x-name"/],
      ['with a broken percent-encoding', JSON.stringify(good), { 'ce-id': '%C0%A0' }, /percent-encoding/],
      ['with 30,000 keys', JSON.stringify({ ...good, ...keys(30_000) }), {}, /more than 10,000 values/],
      [
        'nested deeply',
        `{"orderId":{"a":${'['.repeat(600)}${']'.repeat(600)}}}`,
        {},
        /deeper than 256 levels/,
      ],
      ['as large as the server takes', Buffer.alloc(1_048_576, 'x'), {}, /not JSON/],
    ];

    it('is dead-lettered immediately with the reason, and a later event is handled', async () => {
      await transport.run({ controllers: [Strict] });
      handled.length = 0;
      const before = (await transport.read('FAILURES', 'failed.strict.>')).length;
      for (const [, body, extra] of cases) transport.publish('events.order.placed', body, extra);
      transport.publish('events.order.placed', good);

      const found = (await failures('strict', before + cases.length)).slice(before);
      for (const [index, [what, body, , message]] of cases.entries()) {
        const failure = found.find(({ error }) => message.test(error.message)) ?? found[index]!;
        expect([what, failure.error.message]).toEqual([what, expect.stringMatching(message)]);
        expect(failure).toMatchObject({
          reason: 'invalid-event',
          attempts: 1,
          error: { name: 'InvalidEventError' },
        });
        expect(failure.original.stream).toBe('EVENTS');
        if (failure.original.body?.encoding === 'base64') {
          expect(Buffer.from(failure.original.body.data, 'base64')).toEqual(Buffer.from(body));
        }
      }
      const broken = found.find(
        ({ error }) => /orderId/.test(error.message) && (error.violations?.length ?? 0) > 1,
      )!;
      expect(broken.error.violations!.map(({ field }) => field)).toEqual(
        expect.arrayContaining(['orderId', 'amount']),
      );
      const large = found.find(({ original }) => original.size === 1_048_576)!;
      expect(large.original.body).toBeUndefined();
      await eventually(() => expect(handled).toContainEqual(expect.objectContaining(good)));
    });

    it('is dead-lettered even if its headers cannot be parsed', async () => {
      await transport.run({ controllers: [Strict] });
      const before = (await transport.read('FAILURES', 'failed.strict.>')).length;
      const broken = headers();
      // Clients of other languages may send a name with a space, which nats.js would refuse.
      (broken as unknown as { headers: Map<string, string[]> }).headers.set('bad name', ['1']);
      transport.client.publish('events.order.placed', JSON.stringify(good), { headers: broken });

      const found = await failures('strict', before + 1);
      expect(found.at(-1)).toMatchObject({
        reason: 'invalid-event',
        error: { message: expect.stringContaining('headers cannot be read') },
      });
    });
  });
});
