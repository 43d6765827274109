import { type ModuleRef } from '@nestjs/core';
import type { PreRequestHook } from '@nestjs/common';
import { catchError, throwError } from 'rxjs';
import { EventContext } from '../declare/event-context.js';

/** A method that Nest calls for a processor, from Nest's execution context. */
export interface HandlerMethod {
  type: object & { prototype: object };
  callback: (...args: unknown[]) => unknown;
}

/**
 * Errors of guards, pipes, interceptors and handlers. Without an exception filter, Nest reports only
 * `{ status: 'error', message: 'Internal server error' }` to a transport. But the class of the error decides between retry and dead
 * letter.
 */
const thrown = new WeakMap<EventContext, unknown>();

/** Methods that Nest called, by the context of the call. */
const called = new WeakMap<EventContext, HandlerMethod>();

/** Notes an error before Nest's filters see it. An error that was noted before the call goes to the filters instead of a call. */
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
 * Registers {@link errorHook} with the application, before Nest makes its handlers.
 *
 * It uses Nest's container, because Nest offers this call only on a microservice. `connectMicroservice` has already made the
 * handlers when it returns one.
 */
export function registerErrorHook(moduleRef: ModuleRef): void {
  moduleRef['container'].applicationConfig?.registerPreRequestHook(errorHook);
}

/** Notes an error of a direct call. When Nest is then asked to call the handler, its filters get this error. */
export function noteThrown(error: unknown, context: EventContext): void {
  thrown.set(context, error);
}

/** Returns the method that Nest called with this context; undefined if the hook has not seen the call. */
export function calledMethod(context: EventContext): HandlerMethod | undefined {
  return called.get(context);
}

/**
 * Returns the error that decides about the event. It is the error that a filter threw, or the original error if no filter matched
 * or the filter reported a value that is not an error.
 */
export function errorOf(reported: unknown, context: EventContext): unknown {
  if (reported instanceof Error) return reported;
  // If a request-scoped provider cannot be made, nothing was noted: that happens before the hook.
  return (
    thrown.get(context) ?? new Error(`${describe(reported)}; Nest logged the cause`, { cause: reported })
  );
}

function describe(reported: unknown): string {
  const message = (reported as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : 'the handler failed';
}
