import { type ModuleRef } from '@nestjs/core';
import type { PreRequestHook } from '@nestjs/common';
import { catchError, throwError } from 'rxjs';
import { EventContext } from '../declare/event-context.js';

/** The method that Nest calls for a processor, as its execution context tells. */
export interface HandlerMethod {
  type: object & { prototype: object };
  callback: (...args: unknown[]) => unknown;
}

/**
 * What guards, pipes, interceptors and handlers threw. Without a filter of the user's, Nest tells a transport only
 * `{ status: 'error', message: 'Internal server error' }`: class and message, which decide between retry and dead letter,
 * would be gone.
 */
const thrown = new WeakMap<EventContext, unknown>();

/** The methods that Nest called, by the context that it called them with. */
const called = new WeakMap<EventContext, HandlerMethod>();

/** Notes the error before Nest's filters see it, and changes nothing else. What was noted before, they get at once. */
export const errorHook: PreRequestHook = (execution, next) => {
  const context = execution.getArgs<unknown[]>().find((argument) => argument instanceof EventContext);
  if (!context) return next();
  if (thrown.has(context)) return throwError(() => thrown.get(context));
  called.set(context, {
    type: execution.getClass(),
    callback: execution.getHandler() as HandlerMethod['callback'],
  });
  return next().pipe(
    catchError((error: unknown) => {
      thrown.set(context, error);
      return throwError(() => error);
    }),
  );
};

/**
 * Registers the hook above with the application, before Nest makes its handlers.
 *
 * Nest offers the call on a microservice only, and `connectMicroservice` has already made the handlers when it returns;
 * hence the way through the container.
 */
export function registerErrorHook(moduleRef: ModuleRef): void {
  moduleRef['container'].applicationConfig?.registerPreRequestHook(errorHook);
}

/** Notes what a handler threw that was not called by Nest: asked to call it, Nest takes it for what the handler throws. */
export function noteThrown(error: unknown, context: EventContext): void {
  thrown.set(context, error);
}

/** The method that Nest called with this context. Unknown where the hook has not seen the call. */
export function calledMethod(context: EventContext): HandlerMethod | undefined {
  return called.get(context);
}

/**
 * The error that decides what becomes of the event: the one that a filter threw, or what was thrown in the first place,
 * where no filter matched or it answered with something that is no error.
 */
export function errorOf(reported: unknown, context: EventContext): unknown {
  if (reported instanceof Error) return reported;
  // Nothing was noted where a request-scoped provider could not be made: that happens before the hook.
  return (
    thrown.get(context) ?? new Error(`${describe(reported)}; Nest logged the cause`, { cause: reported })
  );
}

function describe(reported: unknown): string {
  const message = (reported as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : 'the handler failed';
}
