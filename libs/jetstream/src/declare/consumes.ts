import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { eventFault } from './declaration-faults.js';
import type { EventClass } from '../contract/event-class.js';
import { EventFailed } from '../events/event-failed.js';
import {
  channelOf,
  EVENTS_STREAM,
  failureChannelOf,
  FAILURES_STREAM,
  isProcessorName,
} from '../wire/names.js';
import { fault, shown } from '../options.js';
import { declareProcessor, type ProcessorDeclaration, type ProcessorOptions } from './processor-options.js';

/** Identifies this transport to Nest, so that a hybrid app can run it in addition to other transports. */
export const JETSTREAM_TRANSPORT = Symbol('jetstream');

/** Key of the declaration within the `extras` that Nest keeps with a handler. */
const DECLARATION = 'cascade';

type Events<Published> = Published | readonly Published[] | void | undefined | null;
/** Return type of a handler: one next event, several next events, or no event. */
export type Returned<Published> =
  Events<Published> | Promise<Events<Published>> | Observable<Events<Published>>;

type Handler<Published> = (...args: never[]) => Returned<Published>;

type Publishing<Published> = ProcessorOptions & { publishes?: Published };

/**
 * Declares a controller method as an event processor. The method gets every event on the channel of `consumes`. The next events,
 * which the method returns, are published and confirmed as stored before the incoming event is acknowledged.
 *
 * The first argument of the method is the event (`@Payload()`), and `@Ctx()` injects the {@link EventContext}. A method that
 * returns an event that is not listed under `publishes` does not compile. If a cast hides the fault from the compiler, the
 * incoming event is dead-lettered.
 *
 * @throws InvalidDeclarationError if an option is invalid
 */
export function Consumes<const Published extends readonly EventClass[] = readonly []>(
  consumes: EventClass,
  options: Publishing<Published>,
) {
  const channel = { stream: EVENTS_STREAM, subject: channelOf(consumes?.event?.name) };
  return processorDecorator<Published>(declareProcessor(consumes, channel, options));
}

/**
 * Declares a controller method as an event processor of another processor's failures. The method gets an {@link EventFailed} for
 * each event of class `failed` that the processor `of` gave up on. The declared processor retries, fails and is replayed like any
 * other processor.
 *
 * @throws InvalidDeclarationError if an option is invalid
 */
export function ConsumesFailure<const Published extends readonly EventClass[] = readonly []>(
  failed: EventClass,
  {
    of,
    ...options
  }: Publishing<Published> & { /** The processor whose failures are consumed. */ of: string },
) {
  const faults = [
    ...eventFault(failed),
    ...fault(
      typeof of !== 'string' || !isProcessorName(of) || of === options.processor,
      `of must name another processor, found ${shown(of)}`,
    ),
  ];
  const channel = {
    stream: FAILURES_STREAM,
    subject: failureChannelOf(of, failed?.event?.name),
    failuresOf: { processor: of, event: failed },
  };
  return processorDecorator<Published>(declareProcessor(EventFailed, channel, options, faults));
}

function processorDecorator<Published extends readonly EventClass[]>(declaration: ProcessorDeclaration) {
  const eventPattern = EventPattern<string>(declaration.processor, JETSTREAM_TRANSPORT, {
    [DECLARATION]: declaration,
  });
  return <Method extends Handler<InstanceType<Published[number]>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    eventPattern(target, key, descriptor as PropertyDescriptor);
    Reflect.defineMetadata(DECLARATION, declaration, descriptor.value!);
  };
}

/** Returns the processors that a controller class declares or inherits, each with the name of its method. */
export function processorsOf(controller: Type): { method: string; declaration: ProcessorDeclaration }[] {
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((method) => {
    const declaration = Reflect.getMetadata(DECLARATION, prototype[method]!) as
      ProcessorDeclaration | undefined;
    return declaration ? [{ method, declaration }] : [];
  });
}

/** Returns the declaration that {@link Consumes} attached to a Nest handler; undefined for any other handler. */
export function declarationOf(extras: Record<string, unknown> | undefined): ProcessorDeclaration | undefined {
  return extras?.[DECLARATION] as ProcessorDeclaration | undefined;
}
