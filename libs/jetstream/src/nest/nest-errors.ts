import { type ModuleRef } from '@nestjs/core';
import type { PreRequestHook } from '@nestjs/common';
import { catchError, throwError } from 'rxjs';
import { EventContext } from '../declare/event-context.js';

/** Method that Nest calls for a processor, as found in Nest's execution context. */
export interface HandlerMethod {
  type: object & { prototype: object };
  callback: (...args: unknown[]) => unknown;
}

/**
 * Errors of guards, pipes, interceptors and handlers, by the context of the call. Without an exception filter, Nest reports only
 * `{ status: 'error', message: 'Internal server error' }` to a transport. But the class of the error decides between a retry and
 * a dead letter.
 */
const thrown = new WeakMap<EventContext, unknown>();

/** Methods that Nest called, by the context of the call. */
const called = new WeakMap<EventContext, HandlerMethod>();

/**
 * Records an error before Nest's filters see it. If an error was recorded before the call, the filters get this error and the
 * method is not called.
 */
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
 * Registers {@link errorHook} with the application before Nest creates its handlers.
 *
 * This function uses Nest's container, because Nest offers the registration only on a microservice. When `connectMicroservice`
 * returns a microservice, Nest has already created the handlers.
 */
export function registerErrorHook(moduleRef: ModuleRef): void {
  moduleRef['container'].applicationConfig?.registerPreRequestHook(errorHook);
}

/** Records an error of a direct call. If Nest is then asked to call the handler, Nest's filters get this error. */
export function noteThrown(error: unknown, context: EventContext): void {
  thrown.set(context, error);
}

/** Returns the method that Nest called with this context; undefined if the hook has not seen the call. */
export function calledMethod(context: EventContext): HandlerMethod | undefined {
  return called.get(context);
}

/**
 * Returns the error that decides the outcome of the event. If a filter threw an error, that error decides. If no filter matched,
 * or a filter reported a value that is not an error, the original error decides.
 */
export function errorOf(reported: unknown, context: EventContext): unknown {
  if (reported instanceof Error) return reported;
  // If Nest cannot create a request-scoped provider, no error was recorded, because the failure happens before the hook.
  return (
    thrown.get(context) ?? new Error(`${describe(reported)}; Nest logged the cause`, { cause: reported })
  );
}

function describe(reported: unknown): string {
  const message = (reported as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : 'the handler failed';
}
