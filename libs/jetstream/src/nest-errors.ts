import { type ModuleRef } from '@nestjs/core';
import type { PreRequestHook } from '@nestjs/common';
import { catchError, throwError } from 'rxjs';
import { EventContext } from './event-context.js';

/**
 * What guards, pipes, interceptors and handlers threw. Without a filter of the user's, Nest tells a transport only
 * `{ status: 'error', message: 'Internal server error' }`: class and message, which decide between retry and dead letter,
 * would be gone.
 */
const thrown = new WeakMap<EventContext, unknown>();

/** Notes the error before Nest's filters see it, and changes nothing. */
const noteThrown: PreRequestHook = (execution, next) =>
  next().pipe(
    catchError((error: unknown) => {
      const context = execution.getArgs<unknown[]>().find((argument) => argument instanceof EventContext);
      if (context) thrown.set(context, error);
      return throwError(() => error);
    }),
  );

/**
 * Registers the hook above with the application, before Nest makes its handlers.
 *
 * Nest offers the call on a microservice only, and `connectMicroservice` has already made the handlers when it returns;
 * hence the way through the container.
 */
export function registerErrorHook(moduleRef: ModuleRef): void {
  moduleRef['container'].applicationConfig?.registerPreRequestHook(noteThrown);
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
