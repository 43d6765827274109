import { Consumes, EventContext, UnrecoverableError, type EventFailed } from '@cascade/jetstream';
import {
  Catch,
  Controller,
  createParamDecorator,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, ModuleRef } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { EMPTY, from, of, throwError, type Observable } from 'rxjs';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

const confirm = (orderId: string) => new OrderConfirmed({ orderId });
const declared = { publishes: [OrderConfirmed], attempts: 1 } as const;

class Refused extends Error {}

/** Filter that swallows one error, returns an event for a second error, and replaces a third error. */
@Catch(Refused)
class Mapping {
  catch(error: Refused, host: ArgumentsHost): Observable<unknown> {
    const { orderId } = host.switchToRpc().getData<OrderPlaced>();
    if (orderId === 'swallowed') return EMPTY;
    return orderId === 'answered'
      ? of(confirm('by-filter'))
      : throwError(() => new RangeError(`mapped: ${error.message}`));
  }
}

/** Actions of a handler with all kinds of return values and failures, by the id of the order. */
const deeds: Record<string, (event: OrderPlaced) => unknown> = {
  value: ({ orderId }) => confirm(orderId),
  promise: async ({ orderId }) => confirm(orderId),
  several: ({ orderId }) => [confirm(`${orderId}-1`), confirm(`${orderId}-2`)],
  observable: ({ orderId }) => from([confirm(`${orderId}-1`), confirm(`${orderId}-2`)]),
  'promised-observable': async ({ orderId }) => of(confirm(orderId)),
  nothing: () => undefined,
  'empty-observable': () => EMPTY,
  throws: () => {
    throw new TypeError('thrown');
  },
  rejects: async () => Promise.reject(new UnrecoverableError('rejected')),
  'throws-no-error': () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw 'a string';
  },
  'failing-observable': () => throwError(() => new TypeError('in the stream')),
  swallowed: () => {
    throw new Refused('refused');
  },
  answered: () => {
    throw new Refused('refused');
  },
  mapped: async () => {
    throw new Refused('refused');
  },
  undeclared: (event) => event,
  invalid: () => confirm(''),
};

class Untouched implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

describe('a handler that is called directly', () => {
  const transport = useTransport();

  const place = (orderId: string) =>
    transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': `order-${orderId}` });
  /** Places orders one after another, so that the handler may be called directly for all orders except the first. */
  const placeAll = async (processor: string, orderIds: readonly string[]) => {
    for (const orderId of orderIds) {
      place(orderId);
      await transport.settled(processor);
    }
  };

  it('has the same outcome in every case as a handler that is called by Nest', async () => {
    const called = { direct: [] as string[], nested: [] as string[] };
    @Controller()
    class Direct {
      @UseFilters(Mapping)
      @Consumes(OrderPlaced, { processor: 'direct', ...declared })
      handle(@Payload() event: OrderPlaced): OrderConfirmed {
        if (isCalledByNest()) called.nested.push(`direct ${event.orderId}`);
        else called.direct.push(event.orderId);
        return deeds[event.orderId]!(event) as OrderConfirmed;
      }
    }
    @Controller()
    class Nested {
      @UseFilters(Mapping)
      @UseInterceptors(Untouched)
      @Consumes(OrderPlaced, { processor: 'nested', ...declared })
      handle(@Payload() event: OrderPlaced): OrderConfirmed {
        if (isCalledByNest()) called.nested.push(event.orderId);
        return deeds[event.orderId]!(event) as OrderConfirmed;
      }
    }
    const names = Object.keys(deeds);
    await transport.run({ controllers: [Direct, Nested] });
    await placeAll('direct', names);
    await transport.settled('nested');

    // The first event goes through Nest, which reveals the method.
    expect(called.direct).toEqual(names.slice(1));
    expect(called.nested).toEqual(expect.arrayContaining(['direct value', ...names]));
    expect(called.nested).toHaveLength(names.length + 1);

    const outcomes = async (processor: string) => {
      const confirmed = await transport.read('EVENTS', 'events.order.confirmed');
      const failed = await transport.read('FAILURES', `failed.${processor}.>`);
      return {
        confirmed: confirmed
          .filter((message) => message.header.get('ce-source') === processor)
          .map((message) => [message.header.get('ce-causationid'), message.json<OrderConfirmed>().orderId]),
        failed: failed.map((message) => {
          const { reason, error, original } = message.json<EventFailed>();
          // The message contains the name of the processor, which differs.
          const text = error.message.replace(processor, '');
          return [original.eventId, reason, error.name, text];
        }),
      };
    };
    const direct = await outcomes('direct');
    const nested = await outcomes('nested');
    expect(direct.confirmed).toHaveLength(8);
    expect(direct.failed).toHaveLength(7);
    const byEvent = ([a]: unknown[], [b]: unknown[]) => String(a).localeCompare(String(b));
    expect(direct.confirmed.sort(byEvent)).toEqual(nested.confirmed.sort(byEvent));
    expect(direct.failed.sort(byEvent)).toEqual(nested.failed.sort(byEvent));
  });

  it('gets the arguments that its parameters request, and its controller as `this`', async () => {
    const seen: unknown[] = [];
    @Controller()
    class Arguments {
      readonly mine = 'mine';

      @Consumes(OrderPlaced, { processor: 'both-arguments' })
      both(@Ctx() context: EventContext, @Payload() event: OrderPlaced): void {
        seen.push([this.mine, event.orderId, context.eventId, isCalledByNest()]);
      }

      @Consumes(OrderPlaced, { processor: 'no-decorator' })
      plain(event: OrderPlaced, ...more: unknown[]): void {
        seen.push([this.mine, event.orderId, more, isCalledByNest()]);
      }
    }
    await transport.run({ controllers: [Arguments] });
    await transport.settled('no-decorator');
    await transport.settled('both-arguments');
    seen.length = 0;
    await placeAll('no-decorator', ['arguments']);
    await transport.settled('both-arguments');
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual(['mine', 'arguments', 'order-arguments', false]);
    expect(seen).toContainEqual(['mine', 'arguments', [], false]);
  });

  describe('is called by Nest', () => {
    class Allowing implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    class Passing implements PipeTransform {
      transform(value: unknown): unknown {
        return value;
      }
    }
    const Whole = createParamDecorator((_data, execution: ExecutionContext) =>
      execution.switchToRpc().getData<OrderPlaced>(),
    );
    @Injectable({ scope: Scope.REQUEST })
    class PerEvent {}

    let byNest: boolean[] = [];
    const note = () => void byNest.push(isCalledByNest());

    const cases: [what: string, (processor: string) => Type, providers?: object[]][] = [
      ['an interceptor at the method', (processor) => decorated(processor, UseInterceptors(Untouched))],
      ['a guard at the method', (processor) => decorated(processor, UseGuards(Allowing))],
      ['a pipe at the method', (processor) => decorated(processor, UsePipes(Passing))],
      ['a guard at the class', guarded],
      ['a global guard', decorated, [{ provide: APP_GUARD, useClass: Allowing }]],
      ['a global pipe', decorated, [{ provide: APP_PIPE, useClass: Passing }]],
      ['a global interceptor', decorated, [{ provide: APP_INTERCEPTOR, useClass: Untouched }]],
      ['a pre-request hook', decorated, [{ provide: 'hook', inject: [ModuleRef], useFactory: registerHook }]],
      ['a pipe at a parameter', (processor) => withParameter(processor, Payload(Passing))],
      ['a parameter with a part of the event', (processor) => withParameter(processor, Payload('orderId'))],
      ['a custom parameter decorator', (processor) => withParameter(processor, Whole())],
      ['a request-scoped provider', scoped, [PerEvent]],
    ];

    /** Registers a hook through the container, which is the only way for a microservice that is connected to an application. */
    function registerHook(moduleRef: ModuleRef): string {
      moduleRef['container'].applicationConfig!.registerPreRequestHook((_execution, next) => next());
      return 'registered';
    }

    function decorated(processor: string, ...decorators: MethodDecorator[]): Type {
      @Controller()
      class Handling {
        @Consumes(OrderPlaced, { processor })
        handle(@Payload() _event: OrderPlaced): void {
          note();
        }
      }
      const method = Object.getOwnPropertyDescriptor(Handling.prototype, 'handle')!;
      for (const decorate of decorators) decorate(Handling.prototype, 'handle', method);
      return Handling;
    }

    function guarded(processor: string): Type {
      const controller = decorated(processor);
      UseGuards(Allowing)(controller);
      return controller;
    }

    function withParameter(processor: string, decorator: ParameterDecorator): Type {
      @Controller()
      class Handling {
        @Consumes(OrderPlaced, { processor })
        handle(_event: unknown): void {
          note();
        }
      }
      decorator(Handling.prototype, 'handle', 0);
      return Handling;
    }

    function scoped(processor: string): Type {
      @Controller()
      class Handling {
        constructor(readonly perEvent: PerEvent) {}

        @Consumes(OrderPlaced, { processor })
        handle(): void {
          note();
        }
      }
      return Handling;
    }

    it.each(cases)('if there is %s', async (what, controller, providers = []) => {
      byNest = [];
      const processor = what.replaceAll(/[^a-z]+/g, '-');
      await transport.run({ controllers: [controller(processor)], providers: providers as never[] });
      await placeAll(processor, ['one', 'two', 'three']);
      expect(byNest.length).toBeGreaterThanOrEqual(3);
      expect(byNest).not.toContain(false);
    });

    it('but not because of an exception filter', async () => {
      byNest = [];
      const providers = [{ provide: APP_FILTER, useClass: Mapping }];
      await transport.run({ controllers: [decorated('filtered-only')], providers });
      await placeAll('filtered-only', ['one', 'two']);
      expect(byNest).toContain(false);
    });
  });
});

function isCalledByNest(): boolean {
  return new Error().stack!.includes('rpc-context-creator');
}
