import {
  Consumes,
  EventContext,
  JetStreamModule,
  JetStreamStrategy,
  UnrecoverableError,
  EventFailed,
} from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  NotFoundException,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import {
  CONTEXT,
  Ctx,
  MessagePattern,
  Payload,
  Transport as NestTransport,
  type RequestContext,
} from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { describe, expect, it } from '@jest/globals';
import { EMPTY, map, throwError, type Observable } from 'rxjs';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { moduleOf, useTransport } from './transport.js';

const quick = { initial: 20, factor: 1, max: 20 };

class Mapped extends Error {}

describe("Nest's features on a processor", () => {
  const transport = useTransport();

  const place = (orderId: string) => transport.publish('events.order.placed', { orderId, amount: 1 });
  const failure = (processor: string, orderId: string): Promise<EventFailed> =>
    eventually(async () => {
      const messages = await transport.read('FAILURES', `failed.${processor}.>`);
      const found = messages
        .map((message) => message.json<EventFailed>())
        .find(({ original }) => original.body?.data.includes(orderId));
      if (!found) throw new Error(`no failure event of ${processor} for ${orderId}`);
      return found;
    });

  it('pipes transform the event, and their errors keep their class and message', async () => {
    const seen: string[] = [];
    class Shouting implements PipeTransform<OrderPlaced, OrderPlaced> {
      transform(event: OrderPlaced): OrderPlaced {
        if (event.orderId === 'unpiped') throw new UnrecoverableError('the pipe says no');
        return new OrderPlaced({ ...event, orderId: event.orderId.toUpperCase() });
      }
    }
    @Controller()
    class Piped {
      @Consumes(OrderPlaced, { processor: 'piped' })
      handle(@Payload(Shouting) event: OrderPlaced): void {
        seen.push(event.orderId);
      }
    }
    await transport.run({ controllers: [Piped] });
    place('loud');
    place('unpiped');

    expect((await failure('piped', 'unpiped')).error).toMatchObject({
      name: 'UnrecoverableError',
      message: 'the pipe says no',
    });
    await eventually(() => expect(seen).toContain('LOUD'));
  });

  it('guards prevent the call of the handler; a refused event is a failed attempt', async () => {
    const seen: string[] = [];
    @Injectable()
    class NotFriday implements CanActivate {
      canActivate(execution: ExecutionContext): boolean {
        expect(execution.switchToRpc().getContext()).toBeInstanceOf(EventContext);
        return execution.switchToRpc().getData<OrderPlaced>().orderId !== 'friday';
      }
    }
    @Controller()
    class Guarded {
      @UseGuards(NotFriday)
      @Consumes(OrderPlaced, { processor: 'guarded', attempts: 2, backoff: quick })
      handle(@Payload() event: OrderPlaced): void {
        seen.push(event.orderId);
      }
    }
    await transport.run({ controllers: [Guarded], providers: [NotFriday] });
    place('friday');
    place('monday');

    expect(await failure('guarded', 'friday')).toMatchObject({
      attempts: 2,
      reason: 'attempts-exhausted',
      error: { name: 'RpcException', message: 'Forbidden resource' },
    });
    await eventually(() => expect(seen).toContain('monday'));
    expect(seen).not.toContain('friday');
  });

  it('interceptors run around the handler and may change its result', async () => {
    class Prefixing implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler<OrderConfirmed>): Observable<OrderConfirmed> {
        return next
          .handle()
          .pipe(map((event) => new OrderConfirmed({ orderId: `prefixed-${event.orderId}` })));
      }
    }
    @Controller()
    class Intercepted {
      @UseInterceptors(Prefixing)
      @Consumes(OrderPlaced, { processor: 'intercepted', publishes: [OrderConfirmed] })
      handle(@Payload() event: OrderPlaced): OrderConfirmed {
        return new OrderConfirmed({ orderId: event.orderId });
      }
    }
    await transport.run({ controllers: [Intercepted] });
    place('one');

    await eventually(async () => {
      const confirmed = await transport.read('EVENTS', 'events.order.confirmed');
      expect(confirmed.map((message) => message.json<OrderConfirmed>().orderId)).toContain('prefixed-one');
    });
  });

  it('a filter decides the outcome; an error that the filter throws counts, and a swallowed error counts as handled', async () => {
    const seen: string[] = [];
    @Catch(NotFoundException)
    class Mapping {
      catch(error: NotFoundException, host: ArgumentsHost): Observable<never> {
        const { orderId } = host.switchToRpc().getData<OrderPlaced>();
        seen.push(orderId);
        return orderId === 'swallowed' ? EMPTY : throwError(() => new Mapped(`mapped: ${error.message}`));
      }
    }
    @Controller()
    class Filtered {
      @UseFilters(Mapping)
      @Consumes(OrderPlaced, { processor: 'filtered', unrecoverable: [Mapped] })
      handle(@Payload() event: OrderPlaced): void {
        if (['swallowed', 'mapped'].includes(event.orderId)) throw new NotFoundException('no such order');
      }
    }
    await transport.run({ controllers: [Filtered] });
    place('swallowed');
    place('mapped');

    expect((await failure('filtered', 'mapped')).error).toMatchObject({
      name: 'Mapped',
      message: 'mapped: no such order',
    });
    await transport.settled('filtered');
    expect(seen).toContain('swallowed');
    const failed = await transport.read('FAILURES', 'failed.filtered.>');
    expect(failed.filter((message) => message.string().includes('swallowed'))).toEqual([]);
  });

  it('a global filter works too, and a filter that does not match changes nothing', async () => {
    @Catch(NotFoundException)
    class GlobalMapping {
      catch(error: NotFoundException): Observable<never> {
        return throwError(() => new Mapped(`global: ${error.message}`));
      }
    }
    @Controller()
    class Global {
      @Consumes(OrderPlaced, { processor: 'global', unrecoverable: [Mapped, RangeError] })
      handle(@Payload() event: OrderPlaced): void {
        if (event.orderId === 'g-found') throw new NotFoundException('gone');
        if (event.orderId === 'g-range') throw new RangeError('out of it');
      }
    }
    await transport.run({
      controllers: [Global],
      providers: [{ provide: APP_FILTER, useClass: GlobalMapping }],
    });
    place('g-found');
    place('g-range');

    expect((await failure('global', 'g-found')).error).toMatchObject({
      name: 'Mapped',
      message: 'global: gone',
    });
    expect((await failure('global', 'g-range')).error).toMatchObject({
      name: 'RangeError',
      message: 'out of it',
    });
  });

  it('request-scoped providers are created for each event and see its context', async () => {
    const seen: [string, string][] = [];
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class PerEvent {
      constructor(@Inject(CONTEXT) readonly request: RequestContext<OrderPlaced, EventContext>) {
        made += 1;
      }
    }
    @Controller()
    class Scoped {
      constructor(private readonly perEvent: PerEvent) {}

      @Consumes(OrderPlaced, { processor: 'scoped', attempts: 1 })
      handle(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
        if (event.orderId === 's-broken') throw new RangeError('scoped and broken');
        seen.push([this.perEvent.request.getData().orderId, context.eventId]);
        expect(this.perEvent.request.getContext()).toBe(context);
      }
    }
    await transport.run({ controllers: [Scoped], providers: [PerEvent] });
    place('s-one');
    place('s-two');
    place('s-broken');

    expect((await failure('scoped', 's-broken')).error).toMatchObject({
      name: 'RangeError',
      message: 'scoped and broken',
    });
    await eventually(() =>
      expect(seen.map(([orderId]) => orderId)).toEqual(expect.arrayContaining(['s-one', 's-two'])),
    );
    expect(made).toBeGreaterThanOrEqual(3);
  });

  it('a request-scoped provider that cannot be created is a failed attempt too', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Unmakeable {
      constructor() {
        throw new Error('cannot be made');
      }
    }
    @Controller()
    class Unlucky {
      constructor(readonly provider: Unmakeable) {}

      @Consumes(OrderPlaced, { processor: 'unlucky', attempts: 1 })
      handle(): void {}
    }
    await transport.run({ controllers: [Unlucky], providers: [Unmakeable] });
    place('unlucky');

    expect(await failure('unlucky', 'unlucky')).toMatchObject({
      reason: 'attempts-exhausted',
      error: { name: 'Error' },
    });
  });

  it('a hybrid application also serves HTTP and other transports, with its global enhancers', async () => {
    const seen: string[] = [];
    class Noting implements NestInterceptor {
      intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
        if (execution.getType() === 'rpc') seen.push('intercepted');
        return next.handle();
      }
    }
    @Controller()
    class Both {
      @Get('/hello')
      hello(): string {
        return 'hello';
      }

      @MessagePattern('ask', NestTransport.TCP)
      answer(): string {
        return 'answer';
      }

      @Consumes(OrderPlaced, { processor: 'hybrid', attempts: 1 })
      handle(@Payload() event: OrderPlaced): void {
        if (event.orderId === 'h-broken') throw new TypeError('hybrid and broken');
        seen.push(event.orderId);
      }
    }
    const application = await NestFactory.create<NestFastifyApplication>(
      moduleOf(transport.broker.url, { controllers: [Both] }),
      new FastifyAdapter(),
      { logger: false, abortOnError: false },
    );
    application.useGlobalInterceptors(new Noting());
    application.connectMicroservice(
      { strategy: application.get(JetStreamStrategy) },
      { inheritAppConfig: true },
    );
    application.connectMicroservice({
      transport: NestTransport.TCP,
      options: { port: 0, host: '127.0.0.1' },
    });
    await application.listen(0, '127.0.0.1');
    await application.startAllMicroservices();
    try {
      place('h-good');
      place('h-broken');
      expect(await (await fetch(`${await application.getUrl()}/hello`)).text()).toBe('hello');
      await eventually(() => expect(seen).toEqual(expect.arrayContaining(['intercepted', 'h-good'])));
      expect((await failure('hybrid', 'h-broken')).error).toMatchObject({
        name: 'TypeError',
        message: 'hybrid and broken',
      });
    } finally {
      await application.close();
    }
  });

  it('two handlers with the same processor name are refused at start', async () => {
    @Controller()
    class First {
      @Consumes(OrderPlaced, { processor: 'same' })
      handle(): void {}
    }
    @Controller()
    class Second {
      @Consumes(OrderConfirmed, { processor: 'same' })
      handle(): void {}
    }
    await expect(transport.run({ controllers: [First, Second] })).rejects.toThrow(
      /both have or had the name 'same'/,
    );
  });

  it('an application without any processor can publish', async () => {
    const application = await NestFactory.createApplicationContext(
      {
        module: class Publishing {},
        imports: [
          JetStreamModule.forRoot({
            source: 'lonely',
            servers: transport.broker.url,
            publishes: [OrderConfirmed],
          }),
        ],
      },
      { logger: false, abortOnError: false },
    );
    const { id } = await transport
      .publisherOf(application)
      .publish(new OrderConfirmed({ orderId: 'lonely' }));
    const confirmed = await transport.read('EVENTS', 'events.order.confirmed');
    expect(confirmed.at(-1)!.header.get('ce-id')).toBe(id);
    await application.close();
  });
});
